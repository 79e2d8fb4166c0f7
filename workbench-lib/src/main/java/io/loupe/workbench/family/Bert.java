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

/** BERT (Devlin et al. 2019), with its masked-language-model head. */
final class Bert implements Family {
  @Override
  public String name() {
    return "bert";
  }

  @Override
  public String summary() {
    return "bidirectional, norms on the stream, token types, masked-LM head";
  }

  @Override
  public String example() {
    return "google-bert/bert-base-uncased";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    Activation activation = Activation.named(file.text("hidden_act", "gelu"));
    return config(file, name(), file.size("max_position_embeddings"), activation);
  }

  /** What BERT and RoBERTa share; their heads' activations differ. */
  static ModelConfig config(ConfigFile file, String name, int context, Activation inHead)
      throws ModelFormatException {
    file.requireFlag("is_decoder", false, false);
    file.requireFlag("add_cross_attention", false, false);
    String positions = file.text("position_embedding_type", "absolute");
    if (!positions.equals("absolute")) {
      throw new ModelFormatException(
          file.file(),
          "'position_embedding_type' = '%s' is not supported; supported is 'absolute'"
              .formatted(positions));
    }
    int dModel = file.size("hidden_size");
    int heads = file.size("num_attention_heads");
    int layers = file.layers("num_hidden_layers");
    int dHead = file.share("hidden_size", "num_attention_heads");
    Dimensions sizes =
        Dimensions.multiHead(
            layers,
            dModel,
            heads,
            file.size("intermediate_size"),
            file.size("vocab_size"),
            context);
    AttentionSpec attention =
        AttentionSpec.causal(new PositionSpec.None(), dHead).with(MaskSpec.BIDIRECTIONAL);
    return new ModelConfig(
        name,
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, file.number("layer_norm_eps", 1e-12)),
        new EmbeddingSpec(true, true, 1, true),
        Collections.nCopies(layers, attention),
        new BlockSpec(BlockSpec.Norms.ON_STREAM, false),
        new MlpSpec(Activation.named(file.text("hidden_act", "gelu")), false),
        new HeadSpec(Optional.of(inHead), true, OptionalDouble.empty()));
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    long dModel = config.dModel();
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("embeddings.word_embeddings.weight", config.vocab(), dModel);
    Source positions = Source.of("embeddings.position_embeddings.weight", config.context(), dModel);
    body(map, config, file, embedding, positions);
    String head = "/cls.predictions.";
    map.linear("head.%s", head + "transform.dense", dModel, dModel, true);
    map.layerNorm("ln_final", head + "transform.LayerNorm", dModel);
    map.unembedding(embedding, head + "decoder.weight", file.flag("tie_word_embeddings", true));
    map.put("unembed.b_U", Source.of(head + "decoder.bias", config.vocab()).or(head + "bias"));
    return map.under("bert.", "");
  }

  /** Embeddings and layers, which BERT and RoBERTa call the same. */
  static void body(
      WeightMap.Builder map,
      ModelConfig config,
      ConfigFile file,
      Source embedding,
      Source positions)
      throws ModelFormatException {
    long dModel = config.dModel();
    map.put("embed.W_E", embedding);
    map.put("pos_embed.W_pos", positions);
    map.put(
        "token_type_embed.W_types",
        Source.of(
            "embeddings.token_type_embeddings.weight", file.size("type_vocab_size", 2), dModel));
    map.layerNorm("embed_ln", "embeddings.LayerNorm", dModel);
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, "blocks." + layer + ".", "encoder.layer." + layer + ".");
    }
  }

  private static void block(WeightMap.Builder map, ModelConfig config, String ours, String theirs) {
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    map.linear(ours + "attn.%s_Q", theirs + "attention.self.query", dModel, dModel, true);
    map.linear(ours + "attn.%s_K", theirs + "attention.self.key", dModel, dModel, true);
    map.linear(ours + "attn.%s_V", theirs + "attention.self.value", dModel, dModel, true);
    map.linear(ours + "attn.%s_O", theirs + "attention.output.dense", dModel, dModel, true);
    map.layerNorm(ours + "ln1_post", theirs + "attention.output.LayerNorm", dModel);
    map.linear(ours + "mlp.%s_in", theirs + "intermediate.dense", dMlp, dModel, true);
    map.linear(ours + "mlp.%s_out", theirs + "output.dense", dModel, dMlp, true);
    map.layerNorm(ours + "ln2_post", theirs + "output.LayerNorm", dModel);
  }
}
