package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What each token gives to an attention's output. A head writes at a query the sum over keys of
 * attention times transformed value, a(q, k) f(x_k), f(x) = (x W_V + b_V) W_O; the norm of a part
 * says how much a token gives, which its attention alone does not (Kobayashi et al. 2020), and its
 * product with a logit's direction says for what.
 *
 * <p>The parts of all keys and heads and the output bias sum to what the attention writes, before a
 * norm behind it. They are read from pattern and values: an intervention behind those (on Z, RESULT
 * or ATTN_OUT) is not in them.
 */
public final class TokenLens implements Displayable {
  private final HookedTransformer model;
  private final int layer;
  private final List<String> tokens;
  private final double[][][] attention; // [head][query][key]
  private final double[][][] transformed; // [head][key][d_model]
  private final double[] finalScales; // [query]; empty if the model has no final norm
  private final double[] scalesBehind; // [query]; empty if no norm stands behind the attention

  private TokenLens(HookedTransformer model, Tokens tokens, int layer, Run run, NDManager scope) {
    ModelConfig config = model.config();
    this.model = model;
    this.layer = layer;
    this.tokens = Rows.labels(model, tokens);
    this.attention = pattern(run, tokens, scope);
    this.transformed = transformed(run, tokens, scope);
    this.finalScales =
        config.head().normed()
            ? scales(run, Sites.LN_FINAL_SCALE.here(), tokens, scope)
            : new double[0];
    this.scalesBehind =
        config.block().norms().hasBehind()
            ? scales(run, Sites.LN1_POST_SCALE.at(layer), tokens, scope)
            : new double[0];
  }

  /**
   * Takes one layer's attention apart.
   *
   * @param tokens one prompt; padding is left out
   * @throws IllegalArgumentException for a batch, or a layer that the model lacks
   */
  public static TokenLens of(HookedTransformer model, Tokens tokens, int layer) {
    Rows.requireOne(tokens, "The token lens");
    ModelConfig config = model.config();
    Set<HookPoint> points = new HashSet<>();
    points.add(config.require(Sites.PATTERN.at(layer)));
    points.add(Sites.V.at(layer));
    if (config.head().normed()) {
      points.add(Sites.LN_FINAL_SCALE.here());
    }
    if (config.block().norms().hasBehind()) {
      points.add(Sites.LN1_POST_SCALE.at(layer));
    }
    try (Run run = model.run(tokens, Capture.matching(points::contains));
        NDManager scope = Engines.newManager(model.device())) {
      return new TokenLens(model, tokens, layer, run, scope);
    }
  }

  private double[][][] pattern(Run run, Tokens tokens, NDManager scope) {
    NDArray all = run.cache().get(Sites.PATTERN.at(layer)).stopGradient();
    all.attach(scope);
    double[][][] padded = Tensors.matrices(all.get(0)); // [head][column][column]
    int[] columns = tokens.columns(0);
    double[][][] own = new double[padded.length][columns.length][columns.length];
    for (int head = 0; head < own.length; head++) {
      for (int q = 0; q < columns.length; q++) {
        for (int k = 0; k < columns.length; k++) {
          own[head][q][k] = padded[head][columns[q]][columns[k]];
        }
      }
    }
    return own;
  }

  private double[][][] transformed(Run run, Tokens tokens, NDManager scope) {
    int heads = model.config().heads();
    int width = model.config().dHead();
    int group = heads / model.config().kvHeads();
    NDArray values = Rows.of(run.cache().get(Sites.V.at(layer)), tokens, 0, scope);
    double[][] out = Tensors.matrix(model.weights().get("blocks." + layer + ".attn.W_O"));
    double[][][] transformed = new double[heads][][];
    for (int head = 0; head < heads; head++) {
      double[][] v = Tensors.matrix(values.get(":, " + head / group)); // [key][d_head]
      transformed[head] = new double[v.length][out.length];
      for (int k = 0; k < v.length; k++) {
        for (int i = 0; i < out.length; i++) {
          double sum = 0;
          for (int j = 0; j < width; j++) {
            sum += v[k][j] * out[i][head * width + j];
          }
          transformed[head][k][i] = sum;
        }
      }
    }
    return transformed;
  }

  private static double[] scales(Run run, HookPoint point, Tokens tokens, NDManager scope) {
    return Tensors.doubles(Rows.of(run.cache().get(point), tokens, 0, scope));
  }

  /** Returns what a key's token adds at a query through one head, [d_model]. */
  public double[] part(int head, int query, int key) {
    check(head, query, key);
    double[] part = transformed[head][key].clone();
    for (int i = 0; i < part.length; i++) {
      part[i] *= attention[head][query][key];
    }
    return part;
  }

  /** Returns what a key's token adds at a query through all heads, [d_model]. */
  public double[] part(int query, int key) {
    double[] sum = new double[model.config().dModel()];
    for (int head = 0; head < attention.length; head++) {
      double[] part = part(head, query, key);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += part[i];
      }
    }
    return sum;
  }

  private void check(int head, int query, int key) {
    int length = tokens.size();
    if (head < 0
        || head >= attention.length
        || query < 0
        || query >= length
        || key < 0
        || key >= length) {
      throw new IllegalArgumentException(
          "Heads go from 0 to %d, queries and keys from 0 to %d; got head %d, query %d, key %d"
              .formatted(attention.length - 1, length - 1, head, query, key));
    }
  }

  /** Returns the attention itself, [head][query][key]. */
  public double[][][] attention() {
    return map((head, query, key) -> attention[head][query][key]);
  }

  /** Returns the norm of each part, [head][query][key]. */
  public double[][][] norms() {
    double[][] norms = new double[transformed.length][tokens.size()];
    for (int head = 0; head < norms.length; head++) {
      for (int key = 0; key < norms[head].length; key++) {
        norms[head][key] = norm(transformed[head][key]);
      }
    }
    return map((head, query, key) -> attention[head][query][key] * norms[head][key]);
  }

  /** Returns the norm of the sum over heads of each token's parts, [query][key]. */
  public double[][] layerNorms() {
    int length = tokens.size();
    double[][] norms = new double[length][length];
    for (int query = 0; query < length; query++) {
      for (int key = 0; key < length; key++) {
        norms[query][key] = norm(part(query, key));
      }
    }
    return norms;
  }

  /**
   * Returns what each part adds to the logit of a token at its query's position, the final norm's
   * scale (and that of a norm behind the attention) frozen at the run's, [head][query][key].
   *
   * @throws IllegalArgumentException if the model's logits are no sum over what its parts write, or
   *     there is no such token
   */
  public double[][][] logits(long answer) {
    return logits(new LogitTarget(answer, OptionalLong.empty()));
  }

  /** Returns what each part adds to the logit of one token minus that of another. */
  public double[][][] logits(long answer, long wrong) {
    return logits(new LogitTarget(answer, OptionalLong.of(wrong)));
  }

  private double[][][] logits(LogitTarget target) {
    LogitAttributor.requireSum(model);
    target.check(model.config().vocab());
    double[] unembedding = target.ofRows(model.weights().get("unembed.W_U"));
    double[][] directions = new double[tokens.size()][];
    for (int query = 0; query < directions.length; query++) {
      double[] direction = unembedding;
      if (finalScales.length > 0) {
        direction = FrozenHead.before(model, "ln_final", finalScales[query], direction);
      }
      if (scalesBehind.length > 0) {
        String norm = "blocks." + layer + ".ln1_post";
        direction = FrozenHead.before(model, norm, scalesBehind[query], direction);
      }
      directions[query] = direction;
    }
    return map(
        (head, query, key) ->
            attention[head][query][key] * dot(transformed[head][key], directions[query]));
  }

  @FunctionalInterface
  private interface Entry {
    double at(int head, int query, int key);
  }

  private double[][][] map(Entry entry) {
    int length = tokens.size();
    double[][][] all = new double[attention.length][length][length];
    for (int head = 0; head < all.length; head++) {
      for (int query = 0; query < length; query++) {
        for (int key = 0; key < length; key++) {
          all[head][query][key] = entry.at(head, query, key);
        }
      }
    }
    return all;
  }

  private static double norm(double[] vector) {
    return Math.sqrt(dot(vector, vector));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Draws the norms of one head's parts. */
  public Heatmap plot(int head) {
    check(head, 0, 0);
    return map(norms()[head])
        .sequential()
        .colorLabel("norm of the part")
        .title("What each token gives through " + new Head(layer, head));
  }

  /** Draws what each token's part adds, through one head, to a difference of two logits. */
  public Heatmap plotLogits(int head, long answer, long wrong) {
    check(head, 0, 0);
    return map(logits(answer, wrong)[head])
        .diverging()
        .colorLabel("added to the logit difference")
        .title("What each token adds to the logits through " + new Head(layer, head));
  }

  /** Draws the norms of what each token gives through all heads of the layer. */
  public Heatmap plot() {
    return map(layerNorms())
        .sequential()
        .colorLabel("norm of the part")
        .title("What each token gives through layer %d's attention".formatted(layer));
  }

  private Heatmap map(double[][] values) {
    Heatmap map =
        Plots.heatmap(values).rows(tokens).columns(tokens).square().xLabel("key").yLabel("query");
    return model.config().causal() ? map.causal() : map;
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }
}
