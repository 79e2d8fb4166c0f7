package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import java.util.ArrayList;
import java.util.List;

/** GPT-Neo (Black et al. 2021). */
final class GptNeo implements Family {
  @Override
  public String name() {
    return "gpt_neo";
  }

  @Override
  public String summary() {
    return "unscaled scores, every other layer with a local window";
  }

  @Override
  public String example() {
    return "EleutherAI/gpt-neo-125m";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dModel = file.size("hidden_size");
    int heads = file.size("num_heads");
    int dHead = file.share("hidden_size", "num_heads");
    Dimensions sizes =
        Dimensions.multiHead(
            file.layers("num_layers"),
            dModel,
            heads,
            file.size("intermediate_size", 4 * dModel),
            file.size("vocab_size"),
            file.size("max_position_embeddings"));
    MaskSpec local = MaskSpec.window(file.size("window_size", 256));
    List<AttentionSpec> attention = new ArrayList<>();
    for (String type : layerTypes(file)) {
      attention.add(
          AttentionSpec.causal(new PositionSpec.None(), dHead)
              .scaledBy(1)
              .with(type.equals("local") ? local : MaskSpec.CAUSAL));
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

  /** As listed for each layer, or as groups that are repeated: [[["global", "local"], 12]]. */
  private static List<String> layerTypes(ConfigFile file) throws ModelFormatException {
    List<String> types =
        file.has("attention_layers")
            ? file.texts("attention_layers", List.of())
            : file.repeatedTexts("attention_types");
    for (String type : types) {
      if (!type.equals("global") && !type.equals("local")) {
        throw new ModelFormatException(
            file.file(), "layers are 'global' or 'local'; got '" + type + "'");
      }
    }
    return types;
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
    map.linear(ours + "attn.%s_Q", theirs + "attn.attention.q_proj", dModel, dModel, false);
    map.linear(ours + "attn.%s_K", theirs + "attn.attention.k_proj", dModel, dModel, false);
    map.linear(ours + "attn.%s_V", theirs + "attn.attention.v_proj", dModel, dModel, false);
    map.linear(ours + "attn.%s_O", theirs + "attn.attention.out_proj", dModel, dModel, true);
    map.layerNorm(ours + "ln2", theirs + "ln_2", dModel);
    map.linear(ours + "mlp.%s_in", theirs + "mlp.c_fc", dMlp, dModel, true);
    map.linear(ours + "mlp.%s_out", theirs + "mlp.c_proj", dModel, dMlp, true);
  }
}
