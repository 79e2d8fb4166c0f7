package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.RotaryScaling;
import java.util.Collections;

/** GPT-J (Wang and Komatsuzaki 2021). */
final class GptJ implements Family {
  @Override
  public String name() {
    return "gptj";
  }

  @Override
  public String summary() {
    return "neighbouring dimensions turned together, attention and MLP in parallel behind one norm";
  }

  @Override
  public String example() {
    return "EleutherAI/gpt-j-6b";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dModel = file.size("n_embd");
    int heads = file.size("n_head");
    int layers = file.layers("n_layer");
    int dHead = file.share("n_embd", "n_head");
    Dimensions sizes =
        Dimensions.multiHead(
            layers,
            dModel,
            heads,
            file.size("n_inner", 4 * dModel),
            file.size("vocab_size"),
            file.size("n_positions"));
    PositionSpec rotary =
        new PositionSpec.Rotary(
            file.size("rotary_dim"),
            10_000,
            PositionSpec.Pairing.NEIGHBOURS,
            new RotaryScaling.None());
    return new ModelConfig(
        name(),
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, file.number("layer_norm_epsilon", 1e-5)),
        EmbeddingSpec.TOKENS,
        Collections.nCopies(layers, AttentionSpec.causal(rotary, dHead)),
        new BlockSpec(BlockSpec.Norms.BEFORE, true),
        new MlpSpec(Activation.named(file.text("activation_function", "gelu_new")), false),
        HeadSpec.NORMED);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    long dModel = config.dModel();
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("wte.weight", config.vocab(), dModel);
    map.put("embed.W_E", embedding);
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, "blocks." + layer + ".", "h." + layer + ".");
    }
    map.layerNorm("ln_final", "ln_f", dModel);
    map.unembedding(embedding, "/lm_head.weight", file.flag("tie_word_embeddings", false));
    map.put("unembed.b_U", Source.of("/lm_head.bias", config.vocab()));
    return map.under("transformer.", "");
  }

  private static void block(WeightMap.Builder map, ModelConfig config, String ours, String theirs) {
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    map.layerNorm(ours + "ln1", theirs + "ln_1", dModel);
    map.linear(ours + "attn.%s_Q", theirs + "attn.q_proj", dModel, dModel, false);
    map.linear(ours + "attn.%s_K", theirs + "attn.k_proj", dModel, dModel, false);
    map.linear(ours + "attn.%s_V", theirs + "attn.v_proj", dModel, dModel, false);
    map.linear(ours + "attn.%s_O", theirs + "attn.out_proj", dModel, dModel, false);
    map.layerNorm(ours + "ln2", theirs + "ln_1", dModel);
    map.linear(ours + "mlp.%s_in", theirs + "mlp.fc_in", dMlp, dModel, true);
    map.linear(ours + "mlp.%s_out", theirs + "mlp.fc_out", dModel, dMlp, true);
  }
}
