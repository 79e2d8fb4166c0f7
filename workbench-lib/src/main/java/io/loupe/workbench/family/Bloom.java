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
import java.util.Collections;

/** BLOOM (Le Scao et al. 2022). */
final class Bloom implements Family {
  @Override
  public String name() {
    return "bloom";
  }

  @Override
  public String summary() {
    return "ALiBi, a norm on the embeddings, heads interleaved in the fused tensor";
  }

  @Override
  public String example() {
    return "bigscience/bloom-560m";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dModel = file.size("hidden_size", file.size("n_embed", 64));
    int heads = file.size("n_head", file.size("num_attention_heads", 8));
    int layers = file.layers(file.has("n_layer") ? "n_layer" : "num_hidden_layers");
    if (dModel % heads != 0) {
      throw new ModelFormatException(
          file.file(), "%d heads do not share a width of %d evenly".formatted(heads, dModel));
    }
    int dHead = dModel / heads;
    Dimensions sizes =
        Dimensions.multiHead(
            layers,
            dModel,
            heads,
            4 * dModel,
            file.size("vocab_size"),
            file.size("seq_length", 2048));
    boolean afterNorm = file.flag("apply_residual_connection_post_layernorm", false);
    return new ModelConfig(
        name(),
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, file.number("layer_norm_epsilon", 1e-5)),
        new EmbeddingSpec(false, false, 1, true),
        Collections.nCopies(layers, AttentionSpec.causal(new PositionSpec.Alibi(), dHead)),
        new BlockSpec(afterNorm ? BlockSpec.Norms.ON_STREAM_BEFORE : BlockSpec.Norms.BEFORE, false),
        new MlpSpec(Activation.GELU_TANH, false),
        HeadSpec.NORMED);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    long dModel = config.dModel();
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("word_embeddings.weight", config.vocab(), dModel);
    map.put("embed.W_E", embedding);
    map.layerNorm("embed_ln", "word_embeddings_layernorm", dModel);
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
    map.layerNorm(ours + "ln1", theirs + "input_layernorm", dModel);
    GptNeoX.fused(map, config, ours, theirs + "self_attention.query_key_value", true);
    map.linear(ours + "attn.%s_O", theirs + "self_attention.dense", dModel, dModel, true);
    map.layerNorm(ours + "ln2", theirs + "post_attention_layernorm", dModel);
    map.linear(ours + "mlp.%s_in", theirs + "mlp.dense_h_to_4h", dMlp, dModel, true);
    map.linear(ours + "mlp.%s_out", theirs + "mlp.dense_4h_to_h", dModel, dMlp, true);
  }
}
