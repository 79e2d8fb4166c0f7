package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.nn.Gauge.Step;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts weights into the gauge that is easiest to read, as TransformerLens does when it loads a
 * model: norms' weights folded into what reads them, the values' biases into the output's, means
 * that nothing sees taken off. A step that would change the model's probabilities is not done; the
 * {@link Gauge} says which were, and why others were not.
 *
 * <p>Norms that stand on or behind something (BERT, OLMo 2), that of embeddings, and those of
 * queries and keys stay: no linear map alone reads what they give.
 *
 * <p>Every new weight is computed in float64 and rounded once, to the type of the old one.
 */
public final class Folding {
  private final ModelConfig config;
  private final Weights raw;
  private final Gauge gauge;
  private final NDManager scope;
  private final DataType type;
  private final Map<String, NDArray> changed = new HashMap<>();

  private Folding(ModelConfig config, Weights raw, Gauge gauge, NDManager scope) {
    this.config = config;
    this.raw = raw;
    this.gauge = gauge;
    this.scope = scope;
    this.type = raw.get("embed.W_E").getDataType();
  }

  /**
   * Weights and the gauge they are in.
   *
   * @param weights under the names of the raw ones, and biases where there were none; what no step
   *     touched is shared with the raw ones
   */
  public record Folded(Weights weights, Gauge gauge) {}

  /** Folds a model's raw weights, which are left alone. */
  public static Folded of(ModelConfig config, Weights raw) {
    Gauge gauge = FoldingPlan.of(config, raw);
    try (NDManager scope = Engines.newManager(raw.get("embed.W_E").getDevice())) {
      Folding folding = new Folding(config, raw, gauge, scope);
      folding.embeddings();
      for (int layer = 0; layer < config.layers(); layer++) {
        folding.attention("blocks." + layer + ".");
        folding.mlp("blocks." + layer + ".");
      }
      folding.unembedding();
      return new Folded(new Weights(folding.all()), gauge);
    }
  }

  private void embeddings() {
    if (does(Step.EMBEDDINGS_CENTRED)) {
      for (String name :
          new String[] {"embed.W_E", "pos_embed.W_pos", "token_type_embed.W_types"}) {
        if (raw.names().contains(name)) {
          try (NDManager own = scope.newSubManager()) {
            NDArray rows = wide(raw.get(name), own); // [rows, d_model]
            put(name, rows.sub(rows.mean(new int[] {1}, true)));
          }
        }
      }
    }
  }

  private void attention(String at) {
    Norm norm = norm(at + "ln1", Step.NORMS_INTO_READERS);
    read(norm, at + "attn.W_Q", at + "attn.b_Q");
    read(norm, at + "attn.W_K", at + "attn.b_K");
    write(at + "attn.W_O", at + "attn.b_O", values(norm, at + "attn.W_V", at + "attn.b_V"));
    neutral(norm, at + "ln1");
  }

  /** Returns the biases that the values had, [heads * d_head]; null if they keep them. */
  private @Nullable NDArray values(Norm norm, String matrix, String bias) {
    try (NDManager own = scope.newSubManager()) {
      Linear values = behind(norm, linear(matrix, bias, own));
      if (values.bias() == null || !does(Step.VALUE_BIASES_INTO_OUTPUT)) {
        read(norm, matrix, bias);
        return null;
      }
      put(matrix, bias, new Linear(values.weight(), values.bias().zerosLike()));
      NDArray taken = ofEachHead(values.bias());
      taken.attach(scope);
      return taken;
    }
  }

  private void mlp(String at) {
    if (!config.hasMlps()) {
      return;
    }
    Norm norm = norm(at + "ln2", Step.NORMS_INTO_READERS);
    read(norm, at + "mlp.W_in", at + "mlp.b_in");
    if (config.mlp().gated()) {
      read(norm, at + "mlp.W_gate", at + "mlp.b_gate");
    }
    write(at + "mlp.W_out", at + "mlp.b_out", null);
    neutral(norm, at + "ln2");
  }

  private void unembedding() {
    if (!does(Step.FINAL_NORM_INTO_UNEMBEDDING) && !does(Step.UNEMBEDDING_CENTRED)) {
      return;
    }
    Norm norm = norm("ln_final", Step.FINAL_NORM_INTO_UNEMBEDDING);
    try (NDManager own = scope.newSubManager()) {
      Linear logits = behind(norm, linear("unembed.W_U", "unembed.b_U", own));
      put(
          "unembed.W_U",
          "unembed.b_U",
          does(Step.UNEMBEDDING_CENTRED) ? outputCentred(logits) : logits);
    }
    neutral(norm, "ln_final");
  }

  /** A linear map that reads what a norm gives. */
  private void read(Norm norm, String matrix, String bias) {
    if (norm.weight() != null || norm.bias() != null) {
      try (NDManager own = scope.newSubManager()) {
        put(matrix, bias, behind(norm, linear(matrix, bias, own)));
      }
    }
  }

  /** A linear map that writes to the residual stream, and what is added to its input everywhere. */
  private void write(String matrix, String bias, @Nullable NDArray input) {
    if (input == null && !does(Step.OUTPUTS_CENTRED)) {
      return;
    }
    try (NDManager own = scope.newSubManager()) {
      Linear writer = linear(matrix, bias, own);
      if (input != null) {
        writer = new Linear(writer.weight(), sum(writer.bias(), writer.weight().matMul(input)));
      }
      put(matrix, bias, does(Step.OUTPUTS_CENTRED) ? outputCentred(writer) : writer);
    }
  }

  /** W (w x + b) + c is (W diag w) x + (W b + c). */
  private static Linear behind(Norm norm, Linear reader) {
    NDArray matrix = reader.weight(); // [out, in]
    NDArray bias =
        norm.bias() == null ? reader.bias() : sum(reader.bias(), matrix.matMul(norm.bias()));
    return new Linear(norm.weight() == null ? matrix : matrix.mul(norm.weight()), bias);
  }

  /** Takes off the mean over the outputs. */
  private static Linear outputCentred(Linear map) {
    NDArray matrix = map.weight(); // [out, in]
    NDArray bias = map.bias();
    return new Linear(
        matrix.sub(matrix.mean(new int[] {0}, true)),
        bias == null ? null : bias.sub(bias.mean(new int[] {0}, true)));
  }

  private static NDArray sum(@Nullable NDArray a, NDArray b) {
    return a == null ? b : a.add(b);
  }

  /** Repeats what each key/value head has for the heads that share it: [heads * d_head]. */
  private NDArray ofEachHead(NDArray bias) {
    int group = config.heads() / config.kvHeads();
    return bias.reshape(config.kvHeads(), 1, config.dHead()).repeat(1, group).flatten();
  }

  /** Returns a norm's parameters in float64, or none if it is not to be folded. */
  private Norm norm(String prefix, Step step) {
    return does(step)
        ? new Norm(
            config.norm(), wideOrNull(prefix + ".w", scope), wideOrNull(prefix + ".b", scope))
        : new Norm(config.norm(), null, null);
  }

  /** A norm that was folded multiplies with one and adds zero. */
  private void neutral(Norm folded, String prefix) {
    if (folded.weight() != null) {
      put(prefix + ".w", folded.weight().onesLike());
    }
    if (folded.bias() != null) {
      put(prefix + ".b", folded.bias().zerosLike());
    }
  }

  private boolean does(Step step) {
    return gauge.done().contains(step);
  }

  private Linear linear(String matrix, String bias, NDManager own) {
    return new Linear(wide(raw.get(matrix), own), wideOrNull(bias, own));
  }

  private @Nullable NDArray wideOrNull(String name, NDManager own) {
    NDArray weight = raw.orNull(name);
    return weight == null ? null : wide(weight, own);
  }

  private static NDArray wide(NDArray weight, NDManager own) {
    NDArray wide = weight.toType(DataType.FLOAT64, true);
    wide.attach(own);
    return wide;
  }

  private void put(String matrix, String bias, Linear wide) {
    put(matrix, wide.weight());
    if (wide.bias() != null) {
      put(bias, wide.bias());
    }
  }

  private void put(String name, NDArray wide) {
    changed.put(name, NativeMemory.keep(wide.toType(type, true)));
  }

  /** Returns all weights in the order of the forward pass: a new bias stands behind its matrix. */
  private Map<String, NDArray> all() {
    Map<String, NDArray> all = new LinkedHashMap<>();
    for (String name : raw.names()) {
      all.put(name, changed.getOrDefault(name, raw.get(name)));
      String bias = name.replace(".W_", ".b_");
      if (changed.containsKey(bias)) {
        all.put(bias, changed.get(bias));
      }
    }
    return all;
  }
}
