package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import java.util.Collections;

/** Phi-1, 1.5 and 2 (Li et al. 2023). */
final class Phi implements Family {
  @Override
  public String name() {
    return "phi";
  }

  @Override
  public String summary() {
    return "attention and MLP in parallel behind one norm, half of each head turned";
  }

  @Override
  public String example() {
    return "microsoft/phi-1_5";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dHead = LlamaLike.dHead(file);
    RotaryConfig rotary =
        new RotaryConfig(dHead, "rope_theta", 10_000, "partial_rotary_factor", 0.5);
    AttentionSpec attention =
        AttentionSpec.causal(rotary.read(file), dHead)
            .with(
                file.flag("qk_layernorm", false)
                    ? AttentionSpec.QueryKeyNorm.EACH_HEAD
                    : AttentionSpec.QueryKeyNorm.NONE);
    return new ModelConfig(
        name(),
        LlamaLike.sizes(file, file.size("num_attention_heads"), dHead),
        new NormSpec(NormSpec.Kind.LAYER_NORM, file.number("layer_norm_eps", 1e-5)),
        EmbeddingSpec.TOKENS,
        Collections.nCopies(file.layers("num_hidden_layers"), attention),
        new BlockSpec(BlockSpec.Norms.BEFORE, true),
        new MlpSpec(Activation.named(file.text("hidden_act", "gelu_new")), false),
        HeadSpec.NORMED);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("embed_tokens.weight", config.vocab(), config.dModel());
    map.put("embed.W_E", embedding);
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, layer);
    }
    map.layerNorm("ln_final", "final_layernorm", config.dModel());
    map.unembedding(embedding, "/lm_head.weight", file.flag("tie_word_embeddings", false));
    map.put("unembed.b_U", Source.of("/lm_head.bias", config.vocab()));
    return map.under("model.", "");
  }

  private static void block(WeightMap.Builder map, ModelConfig config, int layer) {
    String ours = "blocks." + layer + ".";
    String theirs = "layers." + layer + ".";
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    long queries = (long) config.heads() * config.dHead();
    long keys = (long) config.kvHeads() * config.dHead();
    map.layerNorm(ours + "ln1", theirs + "input_layernorm", dModel);
    map.linear(ours + "attn.%s_Q", theirs + "self_attn.q_proj", queries, dModel, true);
    map.linear(ours + "attn.%s_K", theirs + "self_attn.k_proj", keys, dModel, true);
    map.linear(ours + "attn.%s_V", theirs + "self_attn.v_proj", keys, dModel, true);
    map.linear(ours + "attn.%s_O", theirs + "self_attn.dense", dModel, queries, true);
    if (config.attention().get(layer).queryKeyNorm() != AttentionSpec.QueryKeyNorm.NONE) {
      map.layerNorm(ours + "attn.q_norm", theirs + "self_attn.q_layernorm", config.dHead());
      map.layerNorm(ours + "attn.k_norm", theirs + "self_attn.k_layernorm", config.dHead());
    }
    map.layerNorm(ours + "ln2", theirs + "input_layernorm", dModel);
    map.linear(ours + "mlp.%s_in", theirs + "mlp.fc1", dMlp, dModel, true);
    map.linear(ours + "mlp.%s_out", theirs + "mlp.fc2", dModel, dMlp, true);
  }
}
