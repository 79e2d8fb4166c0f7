package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Qwen 2 and 2.5 (Yang et al. 2024). */
final class Qwen2 implements Family {
  @Override
  public String name() {
    return "qwen2";
  }

  @Override
  public String summary() {
    return "Llama with biases on queries, keys and values; windows in some layers";
  }

  @Override
  public String example() {
    return "Qwen/Qwen2.5-0.5B";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dHead = LlamaLike.dHead(file);
    OptionalInt window = file.optionalSize("sliding_window", OptionalInt.of(4096));
    List<AttentionSpec> attention = new ArrayList<>();
    for (String type : LlamaLike.qwenLayerTypes(file)) {
      attention.add(
          AttentionSpec.causal(RotaryConfig.of(dHead).read(file, type), dHead)
              .with(LlamaLike.mask(type, window)));
    }
    return new ModelConfig(
        name(),
        LlamaLike.sizes(file, 32, dHead),
        LlamaLike.rmsNorm(file, 1e-6),
        EmbeddingSpec.TOKENS,
        attention,
        BlockSpec.PRE_NORM,
        new MlpSpec(Activation.named(file.text("hidden_act", "silu")), true),
        HeadSpec.NORMED);
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    return LlamaLike.weights(config, file, new LlamaLike.Tensors(true, false, false, 0, false));
  }
}
