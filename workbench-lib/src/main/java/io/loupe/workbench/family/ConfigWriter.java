package io.loupe.workbench.family;

import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.Weights;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes the {@code config.json} that {@link LoupeConfig} reads, and GPT-2's. */
final class ConfigWriter {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ConfigWriter() {}

  /** Returns our own file for a model. */
  static String loupe(ModelConfig config, Weights weights) {
    Dimensions sizes = config.sizes();
    ObjectNode root = JSON.createObjectNode();
    root.put("model_type", LoupeConfig.NAME)
        .put("family", config.family())
        .put("layers", sizes.layers())
        .put("d_model", sizes.dModel())
        .put("heads", sizes.heads())
        .put("kv_heads", sizes.kvHeads())
        .put("d_head", sizes.dHead());
    if (config.hasMlps()) {
      root.put("d_mlp", sizes.dMlp());
    }
    root.put("vocab", sizes.vocab()).put("context", sizes.context());
    root.putObject("norm")
        .put("kind", config.norm().kind().name())
        .put("epsilon", config.norm().epsilon());
    root.putObject("embedding")
        .put("learned_positions", config.embedding().learnedPositions())
        .put("token_types", config.embedding().tokenTypes())
        .put("scale", config.embedding().scale())
        .put("normed", config.embedding().normed());
    root.putObject("block")
        .put("norms", config.block().norms().name())
        .put("parallel", config.block().parallel());
    root.putObject("mlp")
        .put("activation", config.mlp().activation().name())
        .put("gated", config.mlp().gated());
    ObjectNode head = root.putObject("head").put("normed", config.head().normed());
    config.head().transform().ifPresent(transform -> head.put("transform", transform.name()));
    config.head().softCap().ifPresent(cap -> head.put("soft_cap", cap));
    ArrayNode attention = root.putArray("attention");
    config.attention().forEach(layer -> attention(layer, attention.addObject()));
    boolean tied = tied(weights);
    root.put("tied_embeddings", tied);
    ArrayNode parameters = root.putArray("parameters");
    weights.names().stream()
        .filter(name -> !(tied && name.equals("unembed.W_U")))
        .forEach(parameters::add);
    return text(root);
  }

  static boolean tied(Weights weights) {
    return weights.get("embed.W_E") == weights.get("unembed.W_U");
  }

  private static void attention(AttentionSpec spec, ObjectNode into) {
    into.put("causal", spec.mask().causal());
    spec.mask().window().ifPresent(window -> into.put("window", window));
    into.put("scale", spec.scale());
    spec.softCap().ifPresent(cap -> into.put("soft_cap", cap));
    into.put("query_key_norm", spec.queryKeyNorm().name());
    if (spec.scoreMap() != AttentionSpec.ScoreMap.SOFTMAX) {
      into.put("score_map", spec.scoreMap().name());
    }
    ObjectNode positions = into.putObject("positions");
    if (spec.positions() instanceof PositionSpec.Rotary rotary) {
      positions
          .put("kind", "rotary")
          .put("dimensions", rotary.dimensions())
          .put("base", rotary.base())
          .put("pairing", rotary.pairing().name());
      LoupeRotary.write(rotary.scaling(), positions.putObject("scaling"));
    } else {
      positions.put("kind", spec.positions() instanceof PositionSpec.Alibi ? "alibi" : "none");
    }
  }

  /** Returns GPT-2's file for a model of its sizes, whether or not the model is like GPT-2. */
  static String gpt2(ModelConfig config, Weights weights) {
    ObjectNode root = JSON.createObjectNode();
    root.put("model_type", "gpt2");
    root.putArray("architectures").add("GPT2LMHeadModel");
    root.put("n_layer", config.layers())
        .put("n_embd", config.dModel())
        .put("n_head", config.heads())
        .put("n_inner", config.sizes().dMlp())
        .put("vocab_size", config.vocab())
        .put("n_positions", config.context())
        .put("layer_norm_epsilon", config.norm().epsilon())
        .put("activation_function", gpt2Name(config))
        .put("tie_word_embeddings", tied(weights));
    return text(root);
  }

  private static String gpt2Name(ModelConfig config) {
    return switch (config.mlp().activation()) {
      case RELU -> "relu";
      case GELU -> "gelu";
      case SILU -> "silu";
      case TANH -> "tanh";
      default -> "gelu_new";
    };
  }

  private static String text(ObjectNode root) {
    return JSON.writeValueAsString(root).replace("\r\n", "\n") + "\n";
  }
}
