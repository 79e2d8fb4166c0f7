package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * GPT-2 (Radford et al. 2019): learned positions, layer norm, GELU by tanh, fused queries, keys and
 * values.
 */
final class Gpt2 implements Family {
  @Override
  public String name() {
    return "gpt2";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    file.requireFlag("scale_attn_by_inverse_layer_idx", false, false);
    file.requireFlag("add_cross_attention", false, false);
    int dModel = file.size("n_embd");
    int heads = file.size("n_head");
    if (dModel % heads != 0) {
      throw new ModelFormatException(
          file.file(), "n_embd %d is no multiple of n_head %d".formatted(dModel, heads));
    }
    int dHead = dModel / heads;
    Dimensions sizes =
        new Dimensions(
            file.size("n_layer"),
            dModel,
            heads,
            heads,
            dHead, //
            file.size("n_inner", 4 * dModel),
            file.size("vocab_size"),
            file.size("n_positions"));
    return new ModelConfig(
        name(),
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, file.number("layer_norm_epsilon", 1e-5)),
        new PositionSpec.Learned(),
        new MlpSpec(Activation.named(file.text("activation_function", "gelu_new")), false),
        file.flag("scale_attn_weights", true) ? 1 / Math.sqrt(dHead) : 1);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    long dModel = config.dModel();
    Map<String, Source> map = new LinkedHashMap<>();
    Source embedding = Source.of("wte.weight", config.vocab(), dModel);
    map.put("embed.W_E", embedding);
    map.put("pos_embed.W_pos", Source.of("wpe.weight", config.context(), dModel));
    for (int layer = 0; layer < config.layers(); layer++) {
      block(map, config, "blocks." + layer + ".", "h." + layer + ".");
    }
    norm(map, "ln_final", "ln_f", dModel);
    boolean tied = file.flag("tie_word_embeddings", true);
    map.put("unembed.W_U", tied ? embedding : Source.of("/lm_head.weight", config.vocab(), dModel));
    return new WeightMap(map, List.of("transformer.", ""));
  }

  private static void block(
      Map<String, Source> map, ModelConfig config, String ours, String theirs) {
    long dModel = config.dModel();
    long dMlp = config.sizes().dMlp();
    norm(map, ours + "ln1", theirs + "ln_1", dModel);
    String[] parts = {"Q", "K", "V"};
    for (int i = 0; i < parts.length; i++) {
      Source weight = Source.of(theirs + "attn.c_attn.weight", dModel, 3 * dModel).stored(true);
      Source bias = Source.of(theirs + "attn.c_attn.bias", 3 * dModel);
      map.put(ours + "attn.W_" + parts[i], weight.part(1, i * dModel, (i + 1) * dModel));
      map.put(ours + "attn.b_" + parts[i], bias.part(0, i * dModel, (i + 1) * dModel));
    }
    map.put(
        ours + "attn.W_O", Source.of(theirs + "attn.c_proj.weight", dModel, dModel).stored(true));
    map.put(ours + "attn.b_O", Source.of(theirs + "attn.c_proj.bias", dModel));
    norm(map, ours + "ln2", theirs + "ln_2", dModel);
    map.put(ours + "mlp.W_in", Source.of(theirs + "mlp.c_fc.weight", dModel, dMlp).stored(true));
    map.put(ours + "mlp.b_in", Source.of(theirs + "mlp.c_fc.bias", dMlp));
    map.put(ours + "mlp.W_out", Source.of(theirs + "mlp.c_proj.weight", dMlp, dModel).stored(true));
    map.put(ours + "mlp.b_out", Source.of(theirs + "mlp.c_proj.bias", dModel));
  }

  private static void norm(Map<String, Source> map, String ours, String theirs, long dModel) {
    map.put(ours + ".w", Source.of(theirs + ".weight", dModel));
    map.put(ours + ".b", Source.of(theirs + ".bias", dModel));
  }
}
