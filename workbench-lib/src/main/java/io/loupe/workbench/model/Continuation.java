package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.intervention.Applications;
import io.loupe.workbench.intervention.Frame;
import io.loupe.workbench.intervention.StackedPatch;
import io.loupe.workbench.metric.LastTokenMetric;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.nn.KeyValueCache;
import io.loupe.workbench.nn.Transformer;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A run that patched copies of are continued from. What a patch leaves as it was is computed once:
 * the layers before it, the steps of its layer that lead to it, and, in a causal model, the columns
 * before it. Many copies go through the model together, and only the logits that the metric reads
 * are computed.
 */
public final class Continuation implements AutoCloseable {
  private static final Set<Site> BEFORE_LAYERS =
      Set.of(Sites.EMBED, Sites.POS_EMBED, Sites.TOKEN_TYPE_EMBED);

  /** Tokens that one pass should hold, to keep the cores busy; more is no faster. */
  private static final int TOKENS = 512;

  private final HookedTransformer model;
  private final Transformer transformer;
  private final Tokens tokens;
  private final Metric metric;
  private final NDManager manager;
  private final @Nullable KeyValueCache past;
  private final ActivationCache base;
  private final double[] baseline;
  private final Extent extent;
  private final Applications applications; // the base run's, and what they remember of it

  /**
   * What is kept of the base run.
   *
   * @param patched the sites that will be patched
   * @param wanted further sites, kept wherever they are, for {@link #base} and for copies whose
   *     steps the caller edits
   * @param from the first layer from which copies are continued
   * @param to the layer behind the last
   * @param columns whether keys and values are kept, so that columns before a patch need not be
   *     computed again; has no effect where {@link #canSkipColumns} is false
   */
  public record Extent(Set<Site> patched, Set<Site> wanted, int from, int to, boolean columns) {
    public Extent {
      patched = Set.copyOf(patched);
      wanted = Set.copyOf(wanted);
    }

    /** Keeps what patches of some sites need, in some layers. */
    public Extent(Set<Site> patched, int from, int to, boolean columns) {
      this(patched, Set.of(), from, to, columns);
    }
  }

  private Continuation(
      HookedTransformer model,
      Transformer transformer,
      Tokens tokens,
      Metric metric,
      Extent extent) {
    this.model = model;
    this.transformer = transformer;
    this.tokens = tokens;
    this.metric = metric;
    this.extent = extent;
    this.manager = Engines.newManager(model.device());
    this.past =
        extent.columns() && canSkipColumns(model)
            ? new KeyValueCache(model.config().layers(), manager)
            : null;
    this.applications = new Applications(model.interventions());
    Set<Site> kept = ContinuationMemory.kept(model.config(), extent);
    boolean keepsLogits = ContinuationMemory.keepsLogits(tokens, metric, past != null);
    Capture capture =
        Capture.matching(
            point ->
                point.site().equals(Sites.LOGITS)
                    ? keepsLogits
                    : extent.wanted().contains(point.site())
                        || kept.contains(point.site())
                            && point.layer() >= extent.from()
                            && point.layer() < extent.to());
    RunHooks hooks = new RunHooks(Frame.whole(tokens), capture, applications, Set.of());
    try (NDManager scope = manager.newSubManager()) {
      Hooks streaming = LongText.of(hooks, model, tokens, tokens.length());
      NDArray logits =
          past == null
              ? transformer.forward(tokens, scope, streaming)
              : transformer.forward(tokens, past, scope, streaming);
      this.baseline = values(logits);
      applications.receipts();
    }
    this.base = new ActivationCache(tokens, hooks.captured());
  }

  /**
   * Runs the model.
   *
   * @param patched the sites that will be patched
   * @throws IllegalArgumentException if the tokens do not fit the model, or the metric is not a
   *     number
   */
  public static Continuation of(
      HookedTransformer model, Tokens tokens, Metric metric, Site... patched) {
    int layers = model.config().layers();
    return of(model, tokens, metric, new Extent(Set.of(patched), 0, layers, true));
  }

  /**
   * Runs the model and keeps a part of the run.
   *
   * @throws IllegalArgumentException if the tokens do not fit the model, or the metric is not a
   *     number
   */
  public static Continuation of(
      HookedTransformer model, Tokens tokens, Metric metric, Extent extent) {
    InputCheck.tokens(tokens, model.config());
    Continuation made = new Continuation(model, model.transformer(), tokens, metric, extent);
    for (int row = 0; row < tokens.batch(); row++) {
      if (Double.isNaN(made.baseline[row])) {
        made.close();
        throw new IllegalArgumentException(
            "The metric of row %d is not a number (NaN) before anything is patched; read it by hand: metric.perExample(model.run(tokens))"
                .formatted(row));
      }
    }
    return made;
  }

  /**
   * Runs the model and keeps its activations at some sites, for {@link #base} and for copies whose
   * steps the caller edits.
   *
   * @throws IllegalArgumentException as {@link #of}
   */
  public static Continuation keeping(
      HookedTransformer model, Tokens tokens, Metric metric, Set<Site> sites) {
    return of(model, tokens, metric, new Extent(Set.of(), sites, 0, model.config().layers(), true));
  }

  /** Returns the metric of the run itself, [row]. */
  public double[] baseline() {
    return baseline.clone();
  }

  /** Tells whether columns before a patch are not computed again. */
  public boolean skipsColumns() {
    return past != null;
  }

  /**
   * Tells whether a model's columns before a patch need not be computed again: it is causal, and
   * has no interventions in its layers.
   */
  public static boolean canSkipColumns(HookedTransformer model) {
    return model.config().causal() && !isEdited(model);
  }

  /**
   * Returns how many copies can go through the model together: one, if the model has interventions
   * in its layers, which were made for one batch.
   */
  public int mostCopies() {
    return mostCopies(model);
  }

  /** Returns how many copies can go through a model together; see {@link #mostCopies()}. */
  public static int mostCopies(HookedTransformer model) {
    return isEdited(model) ? 1 : Integer.MAX_VALUE;
  }

  /** What is done to the embeddings is in the base run, and copies are continued behind it. */
  private static boolean isEdited(HookedTransformer model) {
    return !model.interventions().stream()
        .allMatch(each -> each.reads().isEmpty() && BEFORE_LAYERS.contains(each.at().site()));
  }

  /**
   * Returns how many copies of so many tokens keep the cores busy in one pass; more is no faster.
   */
  public static int copiesOf(int tokens) {
    return (TOKENS + tokens - 1) / tokens;
  }

  /** Returns how many copies keep the cores busy in a pass that begins at a column. */
  public int copies(int column) {
    return Math.min(mostCopies(), copiesOf(tokens.batch() * (tokens.length() - column)));
  }

  /** Returns what the run had at a point of a kept site, [the site's axes]; not a copy. */
  public NDArray base(HookPoint point) {
    return base.get(point);
  }

  /**
   * Tells whether the metric reads the last column alone: in the last layer, queries and whatever
   * follows are then computed for that column only.
   */
  public boolean lastColumnOnly() {
    return ContinuationMemory.readsLastColumn(tokens, metric) && !isEdited(model);
  }

  /**
   * Continues patched copies.
   *
   * @param layer the layer of the earliest patch, among those that are kept
   * @param column the earliest column that a patch changes; 0 if {@link #skipsColumns} is false
   * @param copies how many
   * @param patches what is written; each says what each copy gets
   * @return the metric, [copy][row]
   */
  public double[][] metric(int layer, int column, int copies, List<StackedPatch> patches) {
    if (layer < extent.from() || layer >= extent.to()) {
      throw new IllegalArgumentException(
          "Of this run the layers from %d to %d are kept; got layer %d"
              .formatted(extent.from(), extent.to() - 1, layer));
    }
    try (NDManager scope = manager.newSubManager()) {
      StackedHooks hooks = new StackedHooks(layer, column, copies, patches, scope);
      return metric(layer, column, copies, hooks, scope);
    }
  }

  /**
   * Continues copies whose steps the caller edits. The model must have no interventions.
   *
   * @param layer the layer of the earliest edit; the number of layers to decode only, then the
   *     edits see {@code RESID_POST} of the last layer, which must be a kept site
   * @param column the earliest column that an edit changes; 0 if {@link #skipsColumns} is false
   * @param copies how many
   * @param given kept sites whose base values spare computing what leads to them in that layer; the
   *     edits must not write to these arrays
   * @param edits sees every step of the stacked copies, [copies * batch, computed columns, ...],
   *     and may give steps itself
   * @return the metric, [copy][row]
   */
  public double[][] metric(int layer, int column, int copies, Set<Site> given, Hooks edits) {
    if (isEdited(model)) {
      throw new IllegalArgumentException(
          "The model has interventions, %s, which such edits would bypass: continue a model without"
              .formatted(model.interventions()));
    }
    try (NDManager scope = manager.newSubManager()) {
      return metric(
          layer, column, copies, new GivenHooks(layer, column, copies, given, edits, scope), scope);
    }
  }

  private double[][] metric(int layer, int column, int copies, Hooks hooks, NDManager scope) {
    int layers = model.config().layers();
    boolean lastOnly = lastColumnOnly();
    NDArray residual;
    if (layer < layers) {
      residual = stacked(Sites.RESID_PRE.at(layer), column, copies, scope);
    } else {
      HookPoint end = Sites.RESID_POST.at(layers - 1);
      int from = lastOnly ? tokens.length() - 1 : column;
      residual = hooks.at(end, stacked(end, from, copies, scope));
    }
    Tokens repeated = tokens.repeat(copies);
    Hooks streaming = LongText.of(hooks, model, repeated, tokens.length() - column);
    NDArray logits =
        transformer.resume(layer, residual, repeated, past, copies, lastOnly, scope, streaming);
    double[][] values = new double[copies][];
    for (int copy = 0; copy < copies; copy++) {
      NDIndex rows =
          new NDIndex()
              .addSliceDim((long) copy * tokens.batch(), (long) (copy + 1) * tokens.batch());
      try (NDManager one = scope.newSubManager()) { // what the metric makes of one copy
        NDArray own = logits.get(rows);
        own.attach(one);
        values[copy] = values(own);
      }
    }
    return values;
  }

  /** The logits may be those of the last columns only. */
  private double[] values(NDArray logits) {
    if (metric instanceof LastTokenMetric last && lastColumnOnly()) {
      return Metric.values(last.ofLast(logits.get(":, -1"), tokens), tokens);
    }
    long missing = tokens.length() - logits.getShape().get(1);
    NDArray all = missing == 0 ? logits : behindBase(logits, missing);
    return Metric.values(metric.perExample(all, tokens), tokens);
  }

  /**
   * A metric that reads all logits counts columns from the first; those not computed again are the
   * base run's.
   */
  private NDArray behindBase(NDArray logits, long missing) {
    NDArray before = base.get(Sites.LOGITS).get(new NDIndex().addAllDim(1).addSliceDim(0, missing));
    before.attach(logits.getManager());
    return before.getNDArrayInternal().concat(new ai.djl.ndarray.NDList(logits), 1);
  }

  /** Returns what the base run had at a point, from a column on, copy upon copy. */
  private NDArray stacked(HookPoint point, int column, int copies, NDManager scope) {
    NDArray own = NativeMemory.keep(base.get(point));
    own.attach(scope);
    int dimension = point.site().positionDimension();
    if (column > 0) {
      own = own.get(new NDIndex().addAllDim(dimension).addSliceDim(column, tokens.length()));
    }
    return Tensors.copies(own, copies);
  }

  @Override
  public void close() {
    base.close();
    if (past != null) {
      past.close();
    }
    manager.close();
  }

  /** The caller's edits, given what the base run had at some sites of the first layer. */
  private final class GivenHooks implements Hooks {
    private final int layer;
    private final int column;
    private final int copies;
    private final Set<Site> given;
    private final Hooks edits;
    private final NDManager scope;

    GivenHooks(int layer, int column, int copies, Set<Site> given, Hooks edits, NDManager scope) {
      this.layer = layer;
      this.column = column;
      this.copies = copies;
      this.given = given;
      this.edits = edits;
      this.scope = scope;
    }

    @Override
    public NDArray at(HookPoint point, NDArray activation) {
      return edits.at(point, activation);
    }

    @Override
    public @Nullable NDArray given(HookPoint point) {
      return point.layer() == layer && given.contains(point.site())
          ? stacked(point, column, copies, scope)
          : edits.given(point);
    }

    @Override
    public boolean wants(HookPoint point) {
      return edits.wants(point);
    }

    @Override
    public boolean differentiable() {
      return false;
    }
  }

  /** Applies each copy's patches, and gives what the base run had before the first of them. */
  private final class StackedHooks implements Hooks {
    private final int layer;
    private final int column;
    private final int copies;
    private final List<StackedPatch> patches;
    private final NDManager scope;
    private final Applications own = applications.continued();
    private final Set<Site> given = new HashSet<>();

    StackedHooks(int layer, int column, int copies, List<StackedPatch> patches, NDManager scope) {
      this.layer = layer;
      this.column = column;
      this.copies = copies;
      this.patches = patches;
      this.scope = scope;
      boolean first = true;
      for (StackedPatch patch : patches) {
        if (patch.at().layer() == layer) {
          Set<Site> own = GivenSites.of(patch.at().site(), model.config().block().parallel());
          if (first) {
            given.addAll(own);
          } else {
            given.retainAll(own);
          }
          first = false;
        }
      }
    }

    @Override
    public NDArray at(HookPoint point, NDArray activation) {
      NDArray x =
          isFromBase(point) ? activation : own.repeat(point, activation, Frame.whole(tokens));
      for (StackedPatch patch : patches) {
        if (patch.at().equals(point)) {
          x = patch.apply(x, tokens);
        }
      }
      return x;
    }

    /** What the base run gave has been through the model's own interventions already. */
    private boolean isFromBase(HookPoint point) {
      return point.layer() == layer
          && (point.site().equals(Sites.RESID_PRE) || given.contains(point.site()));
    }

    @Override
    public @Nullable NDArray given(HookPoint point) {
      return point.layer() == layer && given.contains(point.site())
          ? stacked(point, column, copies, scope)
          : null;
    }

    @Override
    public boolean wants(HookPoint point) {
      return own.at(point) || patches.stream().anyMatch(patch -> patch.at().equals(point));
    }

    @Override
    public boolean differentiable() {
      return false;
    }
  }
}
