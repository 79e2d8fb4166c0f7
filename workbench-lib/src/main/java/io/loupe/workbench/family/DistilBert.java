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
import java.util.Collections;
import java.util.Optional;
import java.util.OptionalDouble;

/** DistilBERT (Sanh et al. 2019), with its masked-language-model head. */
final class DistilBert implements Family {
  @Override
  public String name() {
    return "distilbert";
  }

  @Override
  public String summary() {
    return "BERT without token types, under other names";
  }

  @Override
  public String example() {
    return "distilbert/distilbert-base-uncased";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dModel = file.size("dim");
    int heads = file.size("n_heads");
    int layers = file.layers("n_layers");
    int dHead = file.share("dim", "n_heads");
    Dimensions sizes =
        Dimensions.multiHead(
            layers,
            dModel,
            heads,
            file.size("hidden_dim"),
            file.size("vocab_size"),
            file.size("max_position_embeddings"));
    Activation activation = Activation.named(file.text("activation", "gelu"));
    AttentionSpec attention =
        AttentionSpec.causal(new PositionSpec.None(), dHead).with(MaskSpec.BIDIRECTIONAL);
    return new ModelConfig(
        name(),
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-12),
        new EmbeddingSpec(true, false, 1, true),
        Collections.nCopies(layers, attention),
        new BlockSpec(BlockSpec.Norms.ON_STREAM, false),
        new MlpSpec(activation, false),
        new HeadSpec(Optional.of(activation), true, OptionalDouble.empty()));
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    long dModel = config.dModel();
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("embeddings.word_embeddings.weight", config.vocab(), dModel);
    map.put("embed.W_E", embedding);
    map.put(
        "pos_embed.W_pos",
        Source.of("embeddings.position_embeddings.weight", config.context(), dModel));
    map.layerNorm("embed_ln", "embeddings.LayerNorm", dModel);
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, "blocks." + layer + ".", "transformer.layer." + layer + ".");
    }
    map.linear("head.%s", "/vocab_transform", dModel, dModel, true);
    map.layerNorm("ln_final", "/vocab_layer_norm", dModel);
    map.unembedding(embedding, "/vocab_projector.weight", file.flag("tie_word_embeddings", true));
    map.put("unembed.b_U", Source.of("/vocab_projector.bias", config.vocab()));
    return map.under("distilbert.", "");
  }

  private static void block(WeightMap.Builder map, ModelConfig config, String ours, String theirs) {
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    map.linear(ours + "attn.%s_Q", theirs + "attention.q_lin", dModel, dModel, true);
    map.linear(ours + "attn.%s_K", theirs + "attention.k_lin", dModel, dModel, true);
    map.linear(ours + "attn.%s_V", theirs + "attention.v_lin", dModel, dModel, true);
    map.linear(ours + "attn.%s_O", theirs + "attention.out_lin", dModel, dModel, true);
    map.layerNorm(ours + "ln1_post", theirs + "sa_layer_norm", dModel);
    map.linear(ours + "mlp.%s_in", theirs + "ffn.lin1", dMlp, dModel, true);
    map.linear(ours + "mlp.%s_out", theirs + "ffn.lin2", dModel, dMlp, true);
    map.layerNorm(ours + "ln2_post", theirs + "output_layer_norm", dModel);
  }
}
