package io.loupe.workbench.family;

import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec.Norms;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * What the descendants of Llama share: the keys of their sizes, the types of their layers, and the
 * names of their tensors.
 */
final class LlamaLike {
  static final String FULL = "full_attention";
  static final String SLIDING = "sliding_attention";

  private LlamaLike() {}

  /**
   * What differs between them in the names and number of their tensors.
   *
   * @param queryKeyValueBias whether queries, keys and values have biases
   * @param outBias whether the attention's output has one
   * @param mlpBias whether the MLP has biases
   * @param normPlus what is added to the norms' weights when they are read
   * @param tied whether the unembedding is the embedding where the file does not say
   */
  record Tensors(
      boolean queryKeyValueBias, boolean outBias, boolean mlpBias, double normPlus, boolean tied) {
    static Tensors plain() {
      return new Tensors(false, false, false, 0, false);
    }
  }

  static Dimensions sizes(ConfigFile file, int kvHeads, int dHead) throws ModelFormatException {
    return new Dimensions(
        file.layers("num_hidden_layers"),
        file.size("hidden_size"),
        file.size("num_attention_heads"),
        file.size("num_key_value_heads", kvHeads),
        dHead,
        file.size("intermediate_size"),
        file.size("vocab_size"),
        file.size("max_position_embeddings"));
  }

  /** Returns the width of a head: its key, or an equal share of the residual stream. */
  static int dHead(ConfigFile file) throws ModelFormatException {
    return file.has("head_dim")
        ? file.size("head_dim")
        : file.share("hidden_size", "num_attention_heads");
  }

  static NormSpec rmsNorm(ConfigFile file, double epsilon) throws ModelFormatException {
    return new NormSpec(NormSpec.Kind.RMS_NORM, file.number("rms_norm_eps", epsilon));
  }

  /**
   * Returns each layer's type: as listed, or as Qwen counts, whose layers from {@code
   * max_window_layers} on have a window if {@code use_sliding_window} says so.
   */
  static List<String> qwenLayerTypes(ConfigFile file) throws ModelFormatException {
    int layers = file.layers("num_hidden_layers");
    int full = file.size("max_window_layers", 28);
    boolean windows =
        file.flag("use_sliding_window", false)
            && file.optionalSize("sliding_window", OptionalInt.of(4096)).isPresent();
    List<String> counted = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      counted.add(windows && layer >= full ? SLIDING : FULL);
    }
    return layerTypes(file, counted);
  }

  /** Returns each layer's type as listed, or the given ones where the file lists none. */
  static List<String> layerTypes(ConfigFile file, List<String> absent) throws ModelFormatException {
    List<String> types = file.texts("layer_types", absent);
    for (String type : types) {
      if (!type.equals(FULL) && !type.equals(SLIDING)) {
        throw new ModelFormatException(
            file.file(),
            "layers of type '%s' are not supported; supported are %s and %s"
                .formatted(type, FULL, SLIDING));
      }
    }
    return types;
  }

  /** Returns the mask of a layer of a type; a sliding one needs a window. */
  static MaskSpec mask(String layerType, OptionalInt window) {
    return layerType.equals(SLIDING) && window.isPresent()
        ? MaskSpec.window(window.getAsInt())
        : MaskSpec.CAUSAL;
  }

  static WeightMap weights(ModelConfig config, ConfigFile file, Tensors tensors)
      throws ModelFormatException {
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("embed_tokens.weight", config.vocab(), config.dModel());
    map.put("embed.W_E", embedding);
    for (int layer = 0; layer < config.layers(); layer++) {
      attention(map, config, layer, tensors);
      mlp(map, config, layer, tensors);
      norms(map, config, layer, tensors);
    }
    norm(map, "ln_final", "norm", config.dModel(), tensors);
    map.unembedding(embedding, "/lm_head.weight", file.flag("tie_word_embeddings", tensors.tied()));
    return map.under("model.", "");
  }

  private static void attention(
      WeightMap.Builder map, ModelConfig config, int layer, Tensors tensors) {
    String ours = "blocks." + layer + ".attn.";
    String theirs = "layers." + layer + ".self_attn.";
    long dModel = config.dModel();
    long queries = (long) config.heads() * config.dHead();
    long keys = (long) config.kvHeads() * config.dHead();
    boolean bias = tensors.queryKeyValueBias();
    map.linear(ours + "%s_Q", theirs + "q_proj", queries, dModel, bias);
    map.linear(ours + "%s_K", theirs + "k_proj", keys, dModel, bias);
    map.linear(ours + "%s_V", theirs + "v_proj", keys, dModel, bias);
    map.linear(ours + "%s_O", theirs + "o_proj", dModel, queries, tensors.outBias());
    AttentionSpec.QueryKeyNorm normed = config.attention().get(layer).queryKeyNorm();
    if (normed != AttentionSpec.QueryKeyNorm.NONE) {
      boolean all = normed == AttentionSpec.QueryKeyNorm.ALL_HEADS;
      norm(map, ours + "q_norm", theirs + "q_norm", all ? queries : config.dHead(), tensors);
      norm(map, ours + "k_norm", theirs + "k_norm", all ? keys : config.dHead(), tensors);
    }
  }

  private static void mlp(WeightMap.Builder map, ModelConfig config, int layer, Tensors tensors) {
    String ours = "blocks." + layer + ".mlp.";
    String theirs = "layers." + layer + ".mlp.";
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    map.linear(ours + "%s_gate", theirs + "gate_proj", dMlp, dModel, tensors.mlpBias());
    map.linear(ours + "%s_in", theirs + "up_proj", dMlp, dModel, tensors.mlpBias());
    map.linear(ours + "%s_out", theirs + "down_proj", dModel, dMlp, tensors.mlpBias());
  }

  /**
   * The same name stands before the MLP in Llama and behind the attention in Gemma 2 and OLMo 2.
   */
  private static void norms(WeightMap.Builder map, ModelConfig config, int layer, Tensors tensors) {
    String ours = "blocks." + layer + ".";
    String theirs = "layers." + layer + ".";
    Norms norms = config.block().norms();
    long dModel = config.dModel();
    if (norms.readsNormalised()) {
      boolean around = norms == Norms.AROUND;
      String beforeMlp = around ? "pre_feedforward_layernorm" : "post_attention_layernorm";
      norm(map, ours + "ln1", theirs + "input_layernorm", dModel, tensors);
      norm(map, ours + "ln2", theirs + beforeMlp, dModel, tensors);
    }
    if (norms.hasBehind()) {
      norm(map, ours + "ln1_post", theirs + "post_attention_layernorm", dModel, tensors);
      norm(map, ours + "ln2_post", theirs + "post_feedforward_layernorm", dModel, tensors);
    }
  }

  private static void norm(
      WeightMap.Builder map, String ours, String theirs, long width, Tensors tensors) {
    map.put(ours + ".w", Source.of(theirs + ".weight", width).plus(tensors.normPlus()));
  }
}
