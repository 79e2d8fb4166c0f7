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

/** Qwen 3 (Yang et al. 2025). */
final class Qwen3 implements Family {
  @Override
  public String name() {
    return "qwen3";
  }

  @Override
  public String summary() {
    return "Llama with a norm on each head's queries and keys, heads wider than their share";
  }

  @Override
  public String example() {
    return "Qwen/Qwen3-0.6B";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dHead = file.size("head_dim", 128);
    OptionalInt window = file.optionalSize("sliding_window", OptionalInt.of(4096));
    List<AttentionSpec> attention = new ArrayList<>();
    for (String type : LlamaLike.qwenLayerTypes(file)) {
      attention.add(
          AttentionSpec.causal(RotaryConfig.of(dHead).read(file, type), dHead)
              .with(LlamaLike.mask(type, window))
              .with(AttentionSpec.QueryKeyNorm.EACH_HEAD));
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
    boolean bias = file.flag("attention_bias", false);
    return LlamaLike.weights(config, file, new LlamaLike.Tensors(bias, bias, false, 0, false));
  }
}
