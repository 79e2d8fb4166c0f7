package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import java.util.OptionalInt;

/** Phi-3 and Phi-4-mini (Abdin et al. 2024). */
final class Phi3 implements Family {
  @Override
  public String name() {
    return "phi3";
  }

  @Override
  public String summary() {
    return "queries/keys/values fused, gate and up fused, LongRoPE";
  }

  @Override
  public String example() {
    return "microsoft/Phi-3-mini-4k-instruct";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dHead = LlamaLike.dHead(file);
    OptionalInt window = file.optionalSize("sliding_window", OptionalInt.empty());
    return ModelConfig.decoder(
        name(),
        LlamaLike.sizes(file, file.size("num_attention_heads"), dHead),
        LlamaLike.rmsNorm(file, 1e-5),
        EmbeddingSpec.TOKENS,
        AttentionSpec.causal(rotary(file, dHead), dHead)
            .with(LlamaLike.mask(LlamaLike.SLIDING, window)),
        new MlpSpec(Activation.named(file.text("hidden_act", "silu")), true));
  }

  /** The first files called LongRoPE "yarn"; all keep the original context at the top level. */
  private static PositionSpec.Rotary rotary(ConfigFile file, int dHead)
      throws ModelFormatException {
    ConfigFile settings = RotaryConfig.settings(file);
    RotaryConfig reader = RotaryConfig.of(dHead);
    if (!settings.text("rope_type", settings.text("type", "default")).equals("yarn")) {
      return reader.read(file);
    }
    PositionSpec.Rotary plain = reader.read(file, settings);
    return new PositionSpec.Rotary(
        plain.dimensions(), plain.base(), plain.pairing(), RotaryConfig.longRope(file, settings));
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("embed_tokens.weight", config.vocab(), config.dModel());
    map.put("embed.W_E", embedding);
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, "blocks." + layer + ".", "layers." + layer + ".");
    }
    map.rmsNorm("ln_final", "norm", config.dModel());
    map.unembedding(embedding, "/lm_head.weight", file.flag("tie_word_embeddings", false));
    return map.under("model.", "");
  }

  private static void block(WeightMap.Builder map, ModelConfig config, String ours, String theirs) {
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    long queries = (long) config.heads() * config.dHead();
    long keys = (long) config.kvHeads() * config.dHead();
    long all = queries + 2 * keys;
    Source fused = Source.of(theirs + "self_attn.qkv_proj.weight", all, dModel);
    map.rmsNorm(ours + "ln1", theirs + "input_layernorm", dModel);
    map.put(ours + "attn.W_Q", fused.part(0, 0, queries));
    map.put(ours + "attn.W_K", fused.part(0, queries, queries + keys));
    map.put(ours + "attn.W_V", fused.part(0, queries + keys, all));
    map.linear(ours + "attn.%s_O", theirs + "self_attn.o_proj", dModel, queries, false);
    map.rmsNorm(ours + "ln2", theirs + "post_attention_layernorm", dModel);
    Source gateAndUp = Source.of(theirs + "mlp.gate_up_proj.weight", 2 * dMlp, dModel);
    map.put(ours + "mlp.W_gate", gateAndUp.part(0, 0, dMlp));
    map.put(ours + "mlp.W_in", gateAndUp.part(0, dMlp, 2 * dMlp));
    map.linear(ours + "mlp.%s_out", theirs + "mlp.down_proj", dModel, dMlp, false);
  }
}
