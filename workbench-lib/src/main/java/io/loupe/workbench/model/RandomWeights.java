package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.nn.AttentionSpec.QueryKeyNorm;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.Weights;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Fresh weights as GPT-2 starts with them: normal with one deviation, biases 0, norms 1, outputs
 * scaled by 1 / sqrt(2 layers).
 */
final class RandomWeights {
  private final NDManager manager;
  private final DataType type;
  private final Random random;
  private final double deviation;
  private final Map<String, NDArray> weights = new LinkedHashMap<>();

  private RandomWeights(NDManager manager, DataType type, double deviation, long seed) {
    this.deviation = deviation;
    this.manager = manager;
    this.type = type;
    this.random = new Random(seed);
  }

  static Weights of(
      ModelConfig config, DataType type, double deviation, long seed, NDManager manager) {
    RandomWeights made = new RandomWeights(manager, type, deviation, seed);
    made.normal("embed.W_E", deviation, config.vocab(), config.dModel());
    if (config.embedding().learnedPositions()) {
      made.normal("pos_embed.W_pos", deviation, config.context(), config.dModel());
    }
    if (config.embedding().tokenTypes()) {
      made.normal("token_type_embed.W_types", deviation, 2, config.dModel());
    }
    if (config.embedding().normed()) {
      made.norm(config, "embed_ln");
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      made.block(config, layer);
    }
    if (config.head().transform().isPresent()) {
      made.linear("head.%s", deviation, config.dModel(), config.dModel(), true);
    }
    if (config.head().normed()) {
      made.norm(config, "ln_final");
    }
    made.normal("unembed.W_U", deviation, config.vocab(), config.dModel());
    return new Weights(made.weights);
  }

  private void block(ModelConfig config, int layer) {
    String at = "blocks." + layer + ".";
    BlockSpec.Norms norms = config.block().norms();
    int dModel = config.dModel();
    int queries = config.heads() * config.dHead();
    int keys = config.kvHeads() * config.dHead();
    int dMlp = config.sizes().dMlp();
    boolean biased = config.norm().kind() == NormSpec.Kind.LAYER_NORM;
    double outDeviation = deviation / Math.sqrt(2.0 * config.layers());
    norms(config, at + "ln1", norms);
    linear(at + "attn.%s_Q", deviation, queries, dModel, biased);
    linear(at + "attn.%s_K", deviation, keys, dModel, biased);
    linear(at + "attn.%s_V", deviation, keys, dModel, biased);
    linear(at + "attn.%s_O", outDeviation, dModel, queries, biased);
    queryKeyNorms(config, at, config.attention().get(layer).queryKeyNorm());
    if (!config.hasMlps()) {
      return;
    }
    norms(config, at + "ln2", norms);
    if (config.mlp().gated()) {
      linear(at + "mlp.%s_gate", deviation, dMlp, dModel, biased);
    }
    linear(at + "mlp.%s_in", deviation, dMlp, dModel, biased);
    linear(at + "mlp.%s_out", outDeviation, dModel, dMlp, biased);
  }

  private void linear(String name, double deviation, int out, int in, boolean biased) {
    normal(name.formatted("W"), deviation, out, in);
    if (biased) {
      weights.put(name.formatted("b"), manager.zeros(new Shape(out), type));
    }
  }

  private void norms(ModelConfig config, String name, BlockSpec.Norms norms) {
    if (norms.readsNormalised()) {
      norm(config, name);
    }
    if (norms.hasBehind()) {
      norm(config, name + "_post");
    }
  }

  private void queryKeyNorms(ModelConfig config, String at, QueryKeyNorm normed) {
    if (normed != QueryKeyNorm.NONE) {
      boolean all = normed == QueryKeyNorm.ALL_HEADS;
      norm(config, at + "attn.q_norm", config.dHead() * (all ? config.heads() : 1));
      norm(config, at + "attn.k_norm", config.dHead() * (all ? config.kvHeads() : 1));
    }
  }

  private void norm(ModelConfig config, String name) {
    norm(config, name, config.dModel());
  }

  private void norm(ModelConfig config, String name, int width) {
    weights.put(name + ".w", manager.ones(new Shape(width), type));
    if (config.norm().kind() == NormSpec.Kind.LAYER_NORM) {
      weights.put(name + ".b", manager.zeros(new Shape(width), type));
    }
  }

  private void normal(String name, double deviation, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    NDArray weight =
        manager.create(FloatBuffer.wrap(values), new Shape(rows, columns), DataType.FLOAT32);
    weights.put(name, type == DataType.FLOAT32 ? weight : weight.toType(type, true));
  }
}
