package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.TrainingCurve;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The attention lens (Sakarvadia et al. 2023): a linear map from what one head writes to the
 * vocabulary, trained for each head alone so that it says what the model says in the end. It begins
 * as the unembedding of the head's output, no norm between.
 *
 * <p>What a head writes is a linear image of its mixed values ({@link Sites#Z}), so the map is held
 * from those: [vocab, d_head] instead of [vocab, d_model], the same functions with fewer
 * parameters. Heads are many and vocabularies large: name the heads you want.
 *
 * <p>The lens belongs to the weights it was trained on, in their gauge. A norm behind the
 * attention, a soft cap and a dense layer before the logits are left out; what they would do is
 * learned.
 */
public final class AttentionLens implements Displayable {
  private static final String KIND = "attention lens";

  private final LensFile.Owner owner;
  private final Weights weights; // those that the lens is known to fit
  private final HeadSet heads;
  private final Map<String, NDArray> parameters;
  private final String options;
  private final Optional<TrainingCurve> curve;

  private AttentionLens(
      HookedTransformer model,
      LensFile.Owner owner,
      HeadSet heads,
      Map<String, NDArray> parameters,
      String options,
      Optional<TrainingCurve> curve) {
    this.owner = owner;
    this.weights = model.weights();
    this.heads = heads;
    this.parameters = parameters;
    this.options = options;
    this.curve = curve;
  }

  /**
   * Trains a lens for each of some heads.
   *
   * @param corpus one text a row; every token is learned from
   * @param options {@code batch} counts texts
   * @throws IllegalArgumentException if the model has interventions or lacks a head, or there is
   *     but one text
   * @throws io.loupe.workbench.train.TrainingException if a loss is not a number
   */
  public static AttentionLens train(
      HookedTransformer model, HeadSet heads, Tokens corpus, TrainingOptions options) {
    LensTraining.check(model, corpus, KIND);
    if (heads.isEmpty() || !heads.minus(model.config().allHeads()).isEmpty()) {
      throw new IllegalArgumentException(
          "Name heads among L0H0 to L%dH%d; got %s"
              .formatted(model.config().layers() - 1, model.config().heads() - 1, heads));
    }
    Map<String, NDArray> parameters = initial(model, heads);
    TrainingCurve curve =
        LensTraining.run(
            KIND, model, corpus, sources(heads), AttentionLens::translate, parameters, options);
    return new AttentionLens(
        model, LensFile.Owner.of(model), heads, parameters, options.toString(), Optional.of(curve));
  }

  /**
   * Reads a lens that {@link #save} wrote.
   *
   * @param heads those that are wanted; the file must have them
   * @throws IllegalArgumentException if it was trained on other weights or in another gauge, or the
   *     file holds no attention lens
   */
  public static AttentionLens load(Path file, HookedTransformer model, HeadSet heads)
      throws IOException {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (Head head : heads) {
      shapes.put(head + ".W", new long[] {model.config().vocab(), model.config().dHead()});
      shapes.put(head + ".b", new long[] {model.config().vocab()});
    }
    LensFile.Loaded loaded = LensFile.load(file, KIND, model, shapes);
    return new AttentionLens(
        model, loaded.owner(), heads, loaded.parameters(), loaded.options(), Optional.empty());
  }

  /** Writes the lens as one safetensors file, whose header names the weights it belongs to. */
  public void save(Path file) throws IOException {
    LensFile.save(file, KIND, owner, options, parameters);
  }

  /** The unembedding of what each head writes: W_U W_O of the head, and the unembedding's bias. */
  private static Map<String, NDArray> initial(HookedTransformer model, HeadSet heads) {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    int width = model.config().dHead();
    Set<String> names = model.weights().names();
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray unembedding = in(scope, model.weights().get("unembed.W_U"));
      for (Head head : heads) {
        NDArray out = in(scope, model.weights().get("blocks." + head.layer() + ".attn.W_O"));
        int from = head.index() * width;
        NDArray own = out.get(":, " + from + ":" + (from + width)); // [d_model, d_head]
        parameters.put(head + ".W", NativeMemory.keep(unembedding.matMul(own)));
        NDArray bias =
            names.contains("unembed.b_U")
                ? in(scope, model.weights().get("unembed.b_U")).duplicate()
                : scope.zeros(new ai.djl.ndarray.types.Shape(model.config().vocab()), model.type());
        parameters.put(head + ".b", NativeMemory.keep(bias));
      }
    }
    return parameters;
  }

  private static NDArray in(NDManager scope, NDArray weight) {
    NDArray handle = weight.stopGradient();
    handle.attach(scope);
    return handle;
  }

  private static List<Translator.Source> sources(HeadSet heads) {
    List<Translator.Source> sources = new ArrayList<>();
    for (Head head : heads) {
      sources.add(new Translator.Source(Sites.Z.at(head.layer()), head, head.toString()));
    }
    return sources;
  }

  private static NDArray translate(
      Translator.Source source, NDArray x, Map<String, NDArray> parameters) {
    NDArray map = parameters.get(source.label() + ".W");
    NDArray bias = parameters.get(source.label() + ".b");
    if (map == null) {
      throw new IllegalStateException("There is no map of " + source.label());
    }
    return x.getNDArrayInternal().linear(x, map, bias).singletonOrThrow();
  }

  /**
   * Applies the lens to one row of tokens, padding left out: one row a head.
   *
   * @param model the one it was trained on, with or without interventions
   * @throws IllegalArgumentException for a batch, or another model
   */
  public LogitLens of(HookedTransformer model, Tokens tokens) {
    requireFit(model);
    Rows.requireOne(tokens, "The attention lens");
    List<Translator.Source> sources = sources(heads);
    Set<HookPoint> points =
        sources.stream().map(Translator.Source::point).collect(Collectors.toSet());
    LensReadings readings = new LensReadings(model, tokens);
    try (Run run = model.run(tokens, Capture.matching(points::contains))) {
      for (Translator.Source source : sources) {
        try (NDManager scope = Engines.newManager(model.device())) {
          NDArray all = Rows.of(run.cache().get(source.point()), tokens, 0, scope);
          int index = source.head() == null ? 0 : source.head().index();
          NDArray logits = translate(source, all.get(":, " + index), parameters);
          readings.add(source.point(), source.label(), logits);
        }
      }
    }
    return readings.lens("Attention lens", "head");
  }

  /**
   * Measures the lens beside the unembedding that it began as, on texts, which should be others
   * than it was trained on.
   *
   * @throws IllegalArgumentException for another model
   */
  public LensEvaluation evaluate(HookedTransformer model, Tokens texts) {
    requireFit(model);
    return LensEvaluator.evaluate(
        model,
        texts,
        sources(heads),
        AttentionLens::translate,
        initial(model, heads),
        parameters,
        "unembedding",
        "attention lens");
  }

  private void requireFit(HookedTransformer model) {
    if (model.weights() != weights) {
      LensFile.requireFit("This attention lens", owner, LensFile.Owner.of(model));
    }
  }

  /** Returns the heads that have a lens. */
  public HeadSet heads() {
    return heads;
  }

  /**
   * Returns the parameters themselves, not copies: {@code L3H5.W} [vocab, d_head] and {@code
   * L3H5.b} [vocab].
   */
  public Map<String, NDArray> parameters() {
    return Map.copyOf(parameters);
  }

  /** Returns how training went; empty for a lens that was loaded. */
  public Optional<TrainingCurve> curve() {
    return curve;
  }

  /** Shows how training went, or what the lens is. */
  @Override
  public MimeBundle display() {
    return curve.map(TrainingCurve::display).orElseGet(() -> MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "AttentionLens of %s, heads %s, trained with %s"
        .formatted(owner.model(), heads, options);
  }
}
