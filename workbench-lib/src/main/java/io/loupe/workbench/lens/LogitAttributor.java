package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;

/**
 * Does the sums of direct logit attribution, in float64, on what was captured at one position.
 *
 * <p>A logit is the final stream's product with a direction. Each norm on the way, its scale
 * frozen, is linear: weight * (x - mean x) / scale + bias, read along a direction, is x read along
 * another one, and a constant.
 */
final class LogitAttributor {
  private static final Set<Site> EMBEDDINGS =
      Set.of(Sites.EMBED, Sites.POS_EMBED, Sites.TOKEN_TYPE_EMBED);
  private static final Set<Site> READ =
      Set.of(
          Sites.RESULT,
          Sites.LN1_POST_SCALE,
          Sites.MLP_OUT,
          Sites.LN_FINAL_SCALE,
          Sites.LN_FINAL,
          Sites.LOGITS);

  private final HookedTransformer model;
  private final ModelConfig config;
  private final ActivationCache cache;
  private final LogitTarget target;
  private final int rows;
  private final Map<String, double[]> columns = new LinkedHashMap<>(); // name to [row]

  private LogitAttributor(HookedTransformer model, ActivationCache cache, LogitTarget target) {
    this.model = model;
    this.config = model.config();
    this.cache = cache;
    this.target = target;
    this.rows = cache.tokens().batch();
  }

  static DirectLogitAttribution attribute(
      HookedTransformer model, Tokens tokens, LogitTarget target) {
    ModelConfig config = model.config();
    requireSum(model);
    target.check(config.vocab());
    Capture capture = Capture.matching(point -> reads(config, point));
    try (Run run = model.run(tokens, capture.positions(-1).as(DataType.FLOAT64))) {
      return new LogitAttributor(model, run.cache(), target).attribute();
    }
  }

  private static boolean reads(ModelConfig config, HookPoint point) {
    return READ.contains(point.site())
        || EMBEDDINGS.contains(point.site())
        || point.equals(Sites.RESID_PRE.at(0))
        || point.equals(lastStream(config));
  }

  private static HookPoint lastStream(ModelConfig config) {
    return Sites.RESID_POST.at(config.layers() - 1);
  }

  /**
   * Refuses models whose logits, scales frozen, are no sum over what their parts add to the stream.
   */
  static void requireSum(HookedTransformer model) {
    ModelConfig config = model.config();
    if (!config.block().norms().streamIsSum()) {
      throw new IllegalArgumentException(
          "A logit of %s cannot be attributed to its parts: the residual stream of this %s model is normalised after each of them (%s), so it is no sum of what they write. Use LogitLens.of(model, tokens), which reads the stream itself"
              .formatted(model.name(), config.family(), config.block().norms()));
    }
    if (config.head().transform().isPresent()) {
      throw new IllegalArgumentException(
          "A logit of %s cannot be attributed to its parts: in the head of this %s model a dense layer with %s stands before the logits, so they are no sum over what the parts write. Use LogitLens.of(model, tokens), which goes through the head"
              .formatted(model.name(), config.family(), config.head().transform().get()));
    }
  }

  private DirectLogitAttribution attribute() {
    double[] direction = target.ofRows(weights("unembed.W_U")); // [d_model]
    double[][] directions = new double[rows][];
    Arrays.fill(directions, direction);
    double constant = weights().contains("unembed.b_U") ? target.of(vector("unembed.b_U")) : 0;
    if (config.head().normed()) {
      constant += dot(vector("ln_final.b"), 0, direction);
      directions = through("ln_final", Sites.LN_FINAL_SCALE.here(), directions);
    }
    embeddings(directions);
    for (int layer = 0; layer < config.layers(); layer++) {
      attention(layer, directions);
      if (config.hasMlps()) {
        add("L" + layer + " mlp", Sites.MLP_OUT.at(layer), directions);
      }
    }
    double everywhere = constant;
    add("constant", row -> everywhere);
    double[] capped = logits();
    boolean hasCap = config.head().softCap().isPresent();
    return new DirectLogitAttribution(model, columns, hasCap ? uncapped() : capped, capped);
  }

  /** A norm on the sum of the embeddings leaves one part of them: what it gives. */
  private void embeddings(double[][] directions) {
    if (config.embedding().normed()) {
      add("embed_ln", Sites.RESID_PRE.at(0), directions);
      return;
    }
    add("embed", Sites.EMBED.here(), directions);
    if (config.has(Sites.POS_EMBED)) {
      add("pos_embed", Sites.POS_EMBED.here(), directions);
    }
    if (config.has(Sites.TOKEN_TYPE_EMBED)) {
      add("token_type_embed", Sites.TOKEN_TYPE_EMBED.here(), directions);
    }
  }

  /** Each head's part of what the attention adds, through the norm behind it if there is one. */
  private void attention(int layer, double[][] directions) {
    String at = "blocks." + layer + ".";
    boolean behind = config.block().norms().hasBehind();
    double[][] before =
        behind ? through(at + "ln1_post", Sites.LN1_POST_SCALE.at(layer), directions) : directions;
    double[] results = values(Sites.RESULT.at(layer)); // [row, head, d_model]
    int heads = config.heads();
    for (int index = 0; index < heads; index++) {
      int head = index;
      add(
          new Head(layer, head).toString(),
          row -> dot(results, (row * heads + head) * config.dModel(), before[row]));
    }
    double[] ofOutput = vector(at + "attn.b_O");
    double[] ofNorm = behind ? vector(at + "ln1_post.b") : new double[0];
    if (ofOutput.length + ofNorm.length > 0) {
      add(
          "L" + layer + " attention bias",
          row -> dot(ofOutput, 0, before[row]) + dot(ofNorm, 0, directions[row]));
    }
  }

  /** Returns the directions before a norm that are, its scale frozen, the given ones behind it. */
  private double[][] through(String norm, HookPoint scale, double[][] directions) {
    double[] scales = values(scale); // [row, 1]
    double[][] before = new double[rows][];
    Arrays.setAll(before, row -> FrozenHead.before(model, norm, scales[row], directions[row]));
    return before;
  }

  private void add(String name, HookPoint point, double[][] directions) {
    double[] activation = values(point); // [row, d_model]
    boolean same = activation.length == config.dModel(); // equal for all rows, and there once
    add(name, row -> dot(activation, same ? 0 : row * config.dModel(), directions[row]));
  }

  private void add(String name, IntToDoubleFunction ofRow) {
    double[] column = new double[rows];
    Arrays.setAll(column, ofRow);
    columns.put(name, column);
  }

  /** The model's own logits, not the sum. */
  private double[] logits() {
    double[] all = values(Sites.LOGITS.here()); // [row, vocab]
    double[] logits = new double[rows];
    Arrays.setAll(
        logits,
        row ->
            target.of(Arrays.copyOfRange(all, row * config.vocab(), (row + 1) * config.vocab())));
    return logits;
  }

  /**
   * The logits before the soft cap, which no hook point shows: what the unembedding reads, again.
   */
  private double[] uncapped() {
    HookPoint point = config.head().normed() ? Sites.LN_FINAL.here() : lastStream(config);
    double[] read = values(point); // [row, d_model]
    double[] direction = target.ofRows(weights("unembed.W_U"));
    double bias = weights().contains("unembed.b_U") ? target.of(vector("unembed.b_U")) : 0;
    double[] logits = new double[rows];
    Arrays.setAll(logits, row -> dot(read, row * config.dModel(), direction) + bias);
    return logits;
  }

  private double[] values(HookPoint point) {
    return Tensors.doubles(cache.get(point));
  }

  private Set<String> weights() {
    return model.weights().names();
  }

  private NDArray weights(String name) {
    return model.weights().get(name);
  }

  /** Returns a parameter's values; empty if the model has it not. */
  private double[] vector(String name) {
    Weights weights = model.weights();
    return weights.names().contains(name) ? Tensors.doubles(weights.get(name)) : new double[0];
  }

  /** Returns the product with a vector that stands in an array, or 0 with an empty one. */
  private static double dot(double[] values, int offset, double[] direction) {
    double sum = 0;
    for (int i = 0; values.length > 0 && i < direction.length; i++) {
      sum += values[offset + i] * direction[i];
    }
    return sum;
  }
}
