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
import java.util.Optional;
import java.util.OptionalDouble;

/** OPT (Zhang et al. 2022). */
final class Opt implements Family {
  @Override
  public String name() {
    return "opt";
  }

  @Override
  public String summary() {
    return "learned positions that start at row 2, ReLU; the 350m model has norms on the stream and narrow embeddings";
  }

  @Override
  public String example() {
    return "facebook/opt-125m";
  }

  private static final int FIRST_POSITION = 2;

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dModel = file.size("hidden_size");
    int heads = file.size("num_attention_heads");
    int layers = file.layers("num_hidden_layers");
    int dHead = file.share("hidden_size", "num_attention_heads");
    Dimensions sizes =
        Dimensions.multiHead(
            layers,
            dModel,
            heads,
            file.size("ffn_dim"),
            file.size("vocab_size"),
            file.size("max_position_embeddings"));
    boolean before = file.flag("do_layer_norm_before", true);
    boolean finalNorm = before && !file.flag("_remove_final_layer_norm", false);
    return new ModelConfig(
        name(),
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
        EmbeddingSpec.LEARNED_POSITIONS,
        Collections.nCopies(layers, AttentionSpec.causal(new PositionSpec.None(), dHead)),
        new BlockSpec(before ? BlockSpec.Norms.BEFORE : BlockSpec.Norms.ON_STREAM, false),
        new MlpSpec(Activation.named(file.text("activation_function", "relu")), false),
        new HeadSpec(Optional.empty(), finalNorm, OptionalDouble.empty()));
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    long dModel = config.dModel();
    long vocab = config.vocab();
    long width = file.size("word_embed_proj_dim", config.dModel());
    WeightMap.Builder map = new WeightMap.Builder();
    Source embedding = Source.of("embed_tokens.weight", vocab, width);
    Source unembedding =
        file.flag("tie_word_embeddings", true)
            ? embedding
            : Source.of("/lm_head.weight", vocab, width);
    if (width != dModel) { // the projections between are folded into the two
      embedding = embedding.times(Source.of("project_in.weight", dModel, width).storedInOut());
      unembedding = unembedding.times(Source.of("project_out.weight", width, dModel));
    }
    map.put("embed.W_E", embedding);
    map.put(
        "pos_embed.W_pos",
        Source.of("embed_positions.weight", config.context() + FIRST_POSITION, dModel)
            .part(0, FIRST_POSITION, config.context() + FIRST_POSITION));
    boolean bias = file.flag("enable_bias", true);
    boolean affine = file.flag("layer_norm_elementwise_affine", true);
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, layer, bias, affine);
    }
    if (config.head().normed() && affine) {
      map.layerNorm("ln_final", "final_layer_norm", dModel);
    }
    map.put("unembed.W_U", unembedding);
    return map.under("model.decoder.", "decoder.", "");
  }

  private static void block(
      WeightMap.Builder map, ModelConfig config, int layer, boolean bias, boolean affine) {
    String ours = "blocks." + layer + ".";
    String theirs = "layers." + layer + ".";
    String behind = config.block().norms().hasBehind() ? "_post" : "";
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    map.linear(ours + "attn.%s_Q", theirs + "self_attn.q_proj", dModel, dModel, bias);
    map.linear(ours + "attn.%s_K", theirs + "self_attn.k_proj", dModel, dModel, bias);
    map.linear(ours + "attn.%s_V", theirs + "self_attn.v_proj", dModel, dModel, bias);
    map.linear(ours + "attn.%s_O", theirs + "self_attn.out_proj", dModel, dModel, bias);
    map.linear(ours + "mlp.%s_in", theirs + "fc1", dMlp, dModel, bias);
    map.linear(ours + "mlp.%s_out", theirs + "fc2", dModel, dMlp, bias);
    if (affine) {
      map.layerNorm(ours + "ln1" + behind, theirs + "self_attn_layer_norm", dModel);
      map.layerNorm(ours + "ln2" + behind, theirs + "final_layer_norm", dModel);
    }
  }
}
