package io.loupe.workbench.nn;

import io.loupe.workbench.nn.AttentionSpec.QueryKeyNorm;
import io.loupe.workbench.nn.BlockSpec.Norms;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Which parameters a model has, and their shapes. Biases, and the weights of norms, may be missing;
 * everything else must be there.
 */
public final class ParameterShapes {
  private final ModelConfig config;
  private final Map<String, List<Long>> shapes = new LinkedHashMap<>();

  private ParameterShapes(ModelConfig config) {
    this.config = config;
  }

  /** Returns the shape of every parameter that the model may have, in the order of the pass. */
  public static Map<String, List<Long>> of(ModelConfig config) {
    ParameterShapes all = new ParameterShapes(config);
    all.collect();
    return all.shapes;
  }

  /** Tells whether a model may do without the parameter: a bias, or a norm's weight. */
  public static boolean optional(String name) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    return last.startsWith("b") || last.equals("w");
  }

  /**
   * Refuses weights that are not those of the configuration.
   *
   * @throws IllegalArgumentException naming what is missing, too much, or of another shape
   */
  public static void check(ModelConfig config, Weights weights) {
    Map<String, List<Long>> expected = of(config);
    List<String> wrong = new ArrayList<>();
    expected.forEach(
        (name, shape) -> {
          if (weights.names().contains(name)) {
            List<Long> actual = new ArrayList<>();
            for (long size : weights.get(name).getShape().getShape()) {
              actual.add(size);
            }
            if (!actual.equals(shape)) {
              wrong.add("'%s' has the shape %s, expected %s".formatted(name, actual, shape));
            }
          } else if (!optional(name)) {
            wrong.add("'%s' %s is missing".formatted(name, shape));
          }
        });
    TreeSet<String> unknown = new TreeSet<>(weights.names());
    unknown.removeAll(expected.keySet());
    unknown.forEach(name -> wrong.add("'%s' is read by nothing".formatted(name)));
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          "These are not the weights of this configuration: " + String.join("; ", wrong));
    }
  }

  private void collect() {
    long dModel = config.dModel();
    put("embed.W_E", config.vocab(), dModel);
    if (config.embedding().learnedPositions()) {
      put("pos_embed.W_pos", config.context(), dModel);
    }
    if (config.embedding().tokenTypes()) {
      put("token_type_embed.W_types", 2, dModel);
    }
    if (config.embedding().normed()) {
      norm("embed_ln", dModel);
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      block("blocks." + layer + ".", config.attention().get(layer).queryKeyNorm());
    }
    if (config.head().transform().isPresent()) {
      linear("head.%s", dModel, dModel);
    }
    if (config.head().normed()) {
      norm("ln_final", dModel);
    }
    linear("unembed.%s_U", config.vocab(), dModel);
  }

  private void block(String at, QueryKeyNorm queryKeyNorm) {
    long dModel = config.dModel();
    long queries = (long) config.heads() * config.dHead();
    long keys = (long) config.kvHeads() * config.dHead();
    norms(at + "ln1");
    linear(at + "attn.%s_Q", queries, dModel);
    linear(at + "attn.%s_K", keys, dModel);
    linear(at + "attn.%s_V", keys, dModel);
    linear(at + "attn.%s_O", dModel, queries);
    if (queryKeyNorm != QueryKeyNorm.NONE) {
      boolean all = queryKeyNorm == QueryKeyNorm.ALL_HEADS;
      norm(at + "attn.q_norm", all ? queries : config.dHead());
      norm(at + "attn.k_norm", all ? keys : config.dHead());
    }
    if (!config.hasMlps()) {
      return;
    }
    long dMlp = config.sizes().dMlp();
    norms(at + "ln2");
    if (config.mlp().gated()) {
      linear(at + "mlp.%s_gate", dMlp, dModel);
    }
    linear(at + "mlp.%s_in", dMlp, dModel);
    linear(at + "mlp.%s_out", dModel, dMlp);
  }

  private void norms(String name) {
    Norms norms = config.block().norms();
    if (norms.readsNormalised()) {
      norm(name, config.dModel());
    }
    if (norms.hasBehind()) {
      norm(name + "_post", config.dModel());
    }
  }

  private void norm(String name, long width) {
    put(name + ".w", width);
    if (config.norm().kind() == NormSpec.Kind.LAYER_NORM) {
      put(name + ".b", width);
    }
  }

  private void linear(String name, long out, long in) {
    put(name.formatted("W"), out, in);
    put(name.formatted("b"), out);
  }

  private void put(String name, long... shape) {
    List<Long> sizes = new ArrayList<>();
    for (long size : shape) {
      sizes.add(size);
    }
    shapes.put(name, List.copyOf(sizes));
  }
}
