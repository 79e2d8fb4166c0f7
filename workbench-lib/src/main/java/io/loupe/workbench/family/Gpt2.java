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
import java.util.ArrayList;
import java.util.List;

/** GPT-2 (Radford et al. 2019). */
final class Gpt2 implements Family {
  @Override
  public String name() {
    return "gpt2";
  }

  @Override
  public String summary() {
    return "learned positions, layer norm, queries/keys/values fused and stored [in, out]";
  }

  @Override
  public String example() {
    return "openai-community/gpt2";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    file.requireFlag("add_cross_attention", false, false);
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
    boolean byLayer = file.flag("scale_attn_by_inverse_layer_idx", false);
    double scale = file.flag("scale_attn_weights", true) ? 1 / Math.sqrt(dHead) : 1;
    List<AttentionSpec> attention = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      attention.add(
          AttentionSpec.causal(new PositionSpec.None(), dHead)
              .scaledBy(byLayer ? scale / (layer + 1) : scale));
    }
    return new ModelConfig(
        name(),
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, file.number("layer_norm_epsilon", 1e-5)),
        EmbeddingSpec.LEARNED_POSITIONS,
        attention,
        BlockSpec.PRE_NORM,
        new MlpSpec(Activation.named(file.text("activation_function", "gelu_new")), false),
        HeadSpec.NORMED);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    long dModel = config.dModel();
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("wte.weight", config.vocab(), dModel);
    map.put("embed.W_E", embedding);
    map.put("pos_embed.W_pos", Source.of("wpe.weight", config.context(), dModel));
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, "blocks." + layer + ".", "h." + layer + ".");
    }
    map.layerNorm("ln_final", "ln_f", dModel);
    map.unembedding(embedding, "/lm_head.weight", file.flag("tie_word_embeddings", true));
    return map.under("transformer.", "");
  }

  private static void block(WeightMap.Builder map, ModelConfig config, String ours, String theirs) {
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    map.layerNorm(ours + "ln1", theirs + "ln_1", dModel);
    String[] parts = {"Q", "K", "V"};
    for (int i = 0; i < parts.length; i++) {
      Source weight = Source.of(theirs + "attn.c_attn.weight", dModel, 3 * dModel).storedInOut();
      Source bias = Source.of(theirs + "attn.c_attn.bias", 3 * dModel);
      map.put(ours + "attn.W_" + parts[i], weight.part(1, i * dModel, (i + 1) * dModel));
      map.put(ours + "attn.b_" + parts[i], bias.part(0, i * dModel, (i + 1) * dModel));
    }
    linear(map, ours + "attn.%s_O", theirs + "attn.c_proj", dModel, dModel);
    map.layerNorm(ours + "ln2", theirs + "ln_2", dModel);
    linear(map, ours + "mlp.%s_in", theirs + "mlp.c_fc", dModel, dMlp);
    linear(map, ours + "mlp.%s_out", theirs + "mlp.c_proj", dMlp, dModel);
  }

  private static void linear(WeightMap.Builder map, String ours, String theirs, long in, long out) {
    map.put(ours.formatted("W"), Source.of(theirs + ".weight", in, out).storedInOut());
    map.put(ours.formatted("b"), Source.of(theirs + ".bias", out));
  }
}
