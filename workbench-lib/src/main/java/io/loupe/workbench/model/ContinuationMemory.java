package io.loupe.workbench.model;

import io.loupe.workbench.metric.LastTokenMetric;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.util.HashSet;
import java.util.Set;

/**
 * How much memory a {@link Continuation} takes, in bytes of tensors: what it keeps is counted
 * exactly, what a pass needs on its way is an upper bound. The bound counts the steps of the layer
 * that needs most (norms, queries, keys and values, scores, neurons, with their intermediates) and
 * the logits with what a metric makes of them; what the engine itself holds, and the weights, come
 * on top.
 */
public final class ContinuationMemory {
  private final Dimensions sizes;
  private final HookedTransformer model;
  private final Tokens tokens;
  private final Metric metric;

  /** Counts for a model, a batch and a metric. */
  public ContinuationMemory(HookedTransformer model, Tokens tokens, Metric metric) {
    this.model = model;
    this.sizes = model.config().sizes();
    this.tokens = tokens;
    this.metric = metric;
  }

  /** Returns the bytes that are kept of the base run. */
  public long kept(Continuation.Extent extent) {
    boolean past = extent.columns() && Continuation.canSkipColumns(model);
    long elements = 0;
    for (Site site : kept(model.config(), extent)) {
      elements += (extent.to() - extent.from()) * elements(site, tokens.batch(), tokens.length());
    }
    for (Site site : extent.wanted()) {
      int layers = site.perLayer() ? sizes.layers() : 1;
      elements += layers * elements(site, tokens.batch(), tokens.length());
    }
    if (past) {
      elements += 2L * sizes.layers() * elements(Sites.K, tokens.batch(), tokens.length());
    }
    if (keepsLogits(tokens, metric, past)) {
      elements += elements(Sites.LOGITS, tokens.batch(), tokens.length());
    }
    return elements * width();
  }

  /** Returns the bytes of a site's activation of a batch. */
  public long bytes(Site site, Tokens batch) {
    return elements(site, batch.batch(), batch.length()) * width();
  }

  /** Returns a bound of the bytes that a plain run of a batch needs on its way, logits and all. */
  public long run(Tokens batch) {
    return width()
        * (steps(batch.batch(), batch.length(), batch.length())
            + 3L * elements(Sites.LOGITS, batch.batch(), batch.length()));
  }

  /**
   * Returns a bound of the bytes that a pass of so many copies needs on its way.
   *
   * @param column the first computed column
   * @param patched the sites that are patched
   */
  public long pass(int copies, int column, Set<Site> patched) {
    long rows = (long) copies * tokens.batch();
    int computed = tokens.length() - column;
    boolean last = readsLastColumn(tokens, metric);
    long logits = // of all copies, and what the metric makes of one
        last
            ? (rows + 3L * tokens.batch()) * sizes.vocab()
            : rows * computed * sizes.vocab()
                + 5L * elements(Sites.LOGITS, tokens.batch(), tokens.length());
    long stacked = elements(Sites.RESID_PRE, rows, computed);
    for (Site site : patched) {
      stacked += 4 * elements(site, rows, computed); // given, donor, mask, result
    }
    return width() * (steps(rows, computed, tokens.length()) + stacked + logits);
  }

  private long steps(long rows, int computed, int keys) {
    long heads = (long) sizes.heads() * sizes.dHead();
    long shared = (long) sizes.kvHeads() * sizes.dHead();
    long perToken =
        18L * sizes.dModel()
            + 8 * heads
            + 8 * shared
            + 7L * sizes.dMlp()
            + 5L * sizes.heads() * keys;
    return rows * computed * perToken + rows * keys * 4 * shared;
  }

  private long elements(Site site, long rows, int columns) {
    long elements = 1;
    for (Axis axis : site.axes()) {
      elements *=
          switch (axis) {
            case BATCH -> rows;
            case POS, QUERY_POS -> columns;
            case KEY_POS -> tokens.length();
            case HEAD -> sizes.heads();
            case KV_HEAD -> sizes.kvHeads();
            case D_MODEL -> sizes.dModel();
            case D_HEAD -> sizes.dHead();
            case D_MLP -> sizes.dMlp();
            case D_VOCAB -> sizes.vocab();
            case ONE -> 1;
          };
    }
    return elements;
  }

  private int width() {
    return model.type().getNumOfBytes();
  }

  /** Returns the sites that are kept in the layers of an extent. */
  static Set<Site> kept(ModelConfig config, Continuation.Extent extent) {
    Set<Site> kept = new HashSet<>(Set.of(Sites.RESID_PRE));
    for (Site site : extent.patched()) {
      kept.addAll(GivenSites.of(site, config.block().parallel()));
    }
    return kept;
  }

  /** A metric of all logits needs those of the columns that are not computed again. */
  static boolean keepsLogits(Tokens tokens, Metric metric, boolean past) {
    return past && !readsLastColumn(tokens, metric);
  }

  /** Tells whether the metric reads the last column alone, which holds each row's last token. */
  static boolean readsLastColumn(Tokens tokens, Metric metric) {
    if (!(metric instanceof LastTokenMetric)) {
      return false;
    }
    for (int row = 0; row < tokens.batch(); row++) {
      if (!tokens.isToken(row, tokens.length() - 1)) {
        return false;
      }
    }
    return true;
  }
}
