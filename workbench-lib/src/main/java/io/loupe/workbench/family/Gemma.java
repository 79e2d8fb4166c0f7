package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;

/** Gemma (Mesnard et al. 2024). */
final class Gemma implements Family {
  @Override
  public String name() {
    return "gemma";
  }

  @Override
  public String summary() {
    return "embeddings scaled by the root of d_model, norms stored minus 1, gated GELU";
  }

  @Override
  public String example() {
    return "google/gemma-2b";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    file.requireFlag("use_bidirectional_attention", false, false);
    int dHead = file.size("head_dim", 256);
    String activation = file.text("hidden_act", "gelu_pytorch_tanh");
    return ModelConfig.decoder(
        name(),
        LlamaLike.sizes(file, 16, dHead),
        LlamaLike.rmsNorm(file, 1e-6),
        new EmbeddingSpec(false, false, Math.sqrt(file.size("hidden_size")), false),
        AttentionSpec.causal(RotaryConfig.of(dHead).read(file), dHead),
        new MlpSpec(Activation.named(file.text("hidden_activation", activation)), true));
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    return LlamaLike.weights(config, file, tensors(file));
  }

  /** What all Gemmas have in common. */
  static LlamaLike.Tensors tensors(ConfigFile file) throws ModelFormatException {
    boolean bias = file.flag("attention_bias", false);
    return new LlamaLike.Tensors(bias, bias, false, 1, true);
  }
}
