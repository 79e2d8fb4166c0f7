package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;

/** Llama 1 to 3 and SmolLM (Touvron et al. 2023; Grattafiori et al. 2024). */
final class Llama implements Family {
  @Override
  public String name() {
    return "llama";
  }

  @Override
  public String summary() {
    return "rotary positions with every scaling, RMS norm, gated SiLU, grouped key/value heads";
  }

  @Override
  public String example() {
    return "meta-llama/Llama-3.2-1B";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dHead = LlamaLike.dHead(file);
    return ModelConfig.decoder(
        name(),
        LlamaLike.sizes(file, file.size("num_attention_heads"), dHead),
        LlamaLike.rmsNorm(file, 1e-6),
        EmbeddingSpec.TOKENS,
        AttentionSpec.causal(RotaryConfig.of(dHead).read(file), dHead),
        new MlpSpec(Activation.named(file.text("hidden_act", "silu")), true));
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    boolean bias = file.flag("attention_bias", false);
    boolean mlpBias = file.flag("mlp_bias", false);
    return LlamaLike.weights(config, file, new LlamaLike.Tensors(bias, bias, mlpBias, 0, false));
  }
}
