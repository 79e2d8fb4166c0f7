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

/** GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023). */
final class GptNeoX implements Family {
  @Override
  public String name() {
    return "gpt_neox";
  }

  @Override
  public String summary() {
    return "attention and MLP in parallel with a norm each, a quarter of each head turned, heads interleaved in the fused tensor";
  }

  @Override
  public String example() {
    return "EleutherAI/pythia-70m";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dModel = file.size("hidden_size");
    int heads = file.size("num_attention_heads");
    int dHead = file.share("hidden_size", "num_attention_heads");
    RotaryConfig rotary = new RotaryConfig(dHead, "rotary_emb_base", 10_000, "rotary_pct", 0.25);
    return new ModelConfig(
        name(),
        LlamaLike.sizes(file, heads, dHead),
        new NormSpec(NormSpec.Kind.LAYER_NORM, file.number("layer_norm_eps", 1e-5)),
        EmbeddingSpec.TOKENS,
        Collections.nCopies(
            file.layers("num_hidden_layers"), AttentionSpec.causal(rotary.read(file), dHead)),
        new BlockSpec(BlockSpec.Norms.BEFORE, file.flag("use_parallel_residual", true)),
        new MlpSpec(Activation.named(file.text("hidden_act", "gelu")), false),
        HeadSpec.NORMED);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    boolean bias = file.flag("attention_bias", true);
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("embed_in.weight", config.vocab(), config.dModel());
    map.put("embed.W_E", embedding);
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, "blocks." + layer + ".", "layers." + layer + ".", bias);
    }
    map.layerNorm("ln_final", "final_layer_norm", config.dModel());
    boolean tied = file.flag("tie_word_embeddings", false);
    map.put(
        "unembed.W_U",
        tied
            ? embedding
            : Source.of("/embed_out.weight", config.vocab(), config.dModel())
                .or("/lm_head.weight"));
    return map.under("gpt_neox.", "");
  }

  private static void block(
      WeightMap.Builder map, ModelConfig config, String ours, String theirs, boolean bias) {
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    map.layerNorm(ours + "ln1", theirs + "input_layernorm", dModel);
    fused(map, config, ours, theirs + "attention.query_key_value", bias);
    map.linear(ours + "attn.%s_O", theirs + "attention.dense", dModel, dModel, bias);
    map.layerNorm(ours + "ln2", theirs + "post_attention_layernorm", dModel);
    map.linear(ours + "mlp.%s_in", theirs + "mlp.dense_h_to_4h", dMlp, dModel, true);
    map.linear(ours + "mlp.%s_out", theirs + "mlp.dense_4h_to_h", dModel, dMlp, true);
  }

  /** Queries, keys and values of one head stand behind each other, then those of the next. */
  static void fused(
      WeightMap.Builder map, ModelConfig config, String ours, String theirs, boolean bias) {
    long dModel = config.dModel();
    String[] parts = {"Q", "K", "V"};
    for (int i = 0; i < parts.length; i++) {
      map.put(
          ours + "attn.W_" + parts[i],
          Source.of(theirs + ".weight", 3 * dModel, dModel).ofEachHead(config.heads(), 3, i));
      if (bias) {
        map.put(
            ours + "attn.b_" + parts[i],
            Source.of(theirs + ".bias", 3 * dModel).ofEachHead(config.heads(), 3, i));
      }
    }
  }
}
