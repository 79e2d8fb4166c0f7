package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Llama (Touvron et al. 2023): rotary positions, root-mean-square norm, gated SiLU, grouped
 * key/value heads.
 */
final class Llama implements Family {
  @Override
  public String name() {
    return "llama";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dModel = file.size("hidden_size");
    int heads = file.size("num_attention_heads");
    int dHead = file.size("head_dim", dModel / heads);
    Dimensions sizes =
        new Dimensions(
            file.size("num_hidden_layers"),
            dModel,
            heads,
            file.size("num_key_value_heads", heads),
            dHead,
            file.size("intermediate_size"),
            file.size("vocab_size"),
            file.size("max_position_embeddings"));
    return new ModelConfig(
        name(),
        sizes,
        new NormSpec(NormSpec.Kind.RMS_NORM, file.number("rms_norm_eps", 1e-6)),
        new PositionSpec.Rotary(dHead, rotaryBase(file)),
        new MlpSpec(Activation.named(file.text("hidden_act", "silu")), true),
        1 / Math.sqrt(dHead));
  }

  /** Older checkpoints keep the base at the top level, newer ones in {@code rope_parameters}. */
  private static double rotaryBase(ConfigFile file) throws ModelFormatException {
    double base = file.number("rope_theta", 10_000);
    for (String key : List.of("rope_scaling", "rope_parameters")) {
      ConfigFile rope = file.object(key).orElse(null);
      if (rope == null) {
        continue;
      }
      String type = rope.text("rope_type", rope.text("type", "default"));
      if (!type.equals("default")) {
        throw new ModelFormatException(
            file.file(),
            "rotary scaling '%s' is not supported; supported is 'default'".formatted(type));
      }
      base = rope.number("rope_theta", base);
    }
    return base;
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    Map<String, Source> map = new LinkedHashMap<>();
    Source embedding = Source.of("embed_tokens.weight", config.vocab(), config.dModel());
    map.put("embed.W_E", embedding);
    boolean attentionBias = file.flag("attention_bias", false);
    boolean mlpBias = file.flag("mlp_bias", false);
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, layer, attentionBias, mlpBias);
    }
    map.put("ln_final.w", Source.of("norm.weight", config.dModel()));
    boolean tied = file.flag("tie_word_embeddings", false);
    map.put(
        "unembed.W_U",
        tied ? embedding : Source.of("/lm_head.weight", config.vocab(), config.dModel()));
    return new WeightMap(map, List.of("model.", ""));
  }

  private static void block(
      Map<String, Source> map,
      ModelConfig config,
      int layer,
      boolean attentionBias,
      boolean mlpBias) {
    String ours = "blocks." + layer + ".";
    String theirs = "layers." + layer + ".";
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    long queries = (long) config.heads() * config.dHead();
    long keys = (long) config.kvHeads() * config.dHead();
    map.put(ours + "ln1.w", Source.of(theirs + "input_layernorm.weight", dModel));
    linear(map, ours + "attn.%s_Q", theirs + "self_attn.q_proj", queries, dModel, attentionBias);
    linear(map, ours + "attn.%s_K", theirs + "self_attn.k_proj", keys, dModel, attentionBias);
    linear(map, ours + "attn.%s_V", theirs + "self_attn.v_proj", keys, dModel, attentionBias);
    linear(map, ours + "attn.%s_O", theirs + "self_attn.o_proj", dModel, queries, attentionBias);
    map.put(ours + "ln2.w", Source.of(theirs + "post_attention_layernorm.weight", dModel));
    linear(map, ours + "mlp.%s_gate", theirs + "mlp.gate_proj", dMlp, dModel, mlpBias);
    linear(map, ours + "mlp.%s_in", theirs + "mlp.up_proj", dMlp, dModel, mlpBias);
    linear(map, ours + "mlp.%s_out", theirs + "mlp.down_proj", dModel, dMlp, mlpBias);
  }

  private static void linear(
      Map<String, Source> map, String ours, String theirs, long out, long in, boolean bias) {
    map.put(ours.formatted("W"), Source.of(theirs + ".weight", out, in));
    if (bias) {
      map.put(ours.formatted("b"), Source.of(theirs + ".bias", out));
    }
  }
}
