package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import java.util.OptionalInt;

/** Mistral 7B (Jiang et al. 2023). */
final class Mistral implements Family {
  @Override
  public String name() {
    return "mistral";
  }

  @Override
  public String summary() {
    return "Llama with a sliding window in every layer";
  }

  @Override
  public String example() {
    return "mistralai/Mistral-7B-v0.1";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dHead = LlamaLike.dHead(file);
    OptionalInt window = file.optionalSize("sliding_window", OptionalInt.of(4096));
    return ModelConfig.decoder(
        name(),
        LlamaLike.sizes(file, 8, dHead),
        LlamaLike.rmsNorm(file, 1e-6),
        EmbeddingSpec.TOKENS,
        AttentionSpec.causal(RotaryConfig.of(dHead).read(file), dHead)
            .with(LlamaLike.mask(LlamaLike.SLIDING, window)),
        new MlpSpec(Activation.named(file.text("hidden_act", "silu")), true));
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    return LlamaLike.weights(config, file, LlamaLike.Tensors.plain());
  }
}
