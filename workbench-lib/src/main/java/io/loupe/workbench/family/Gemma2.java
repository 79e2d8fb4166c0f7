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
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Gemma 2 (Riviere et al. 2024). */
final class Gemma2 implements Family {
  @Override
  public String name() {
    return "gemma2";
  }

  @Override
  public String summary() {
    return "norms around attention and MLP, capped scores and logits, every other layer with a window";
  }

  @Override
  public String example() {
    return "google/gemma-2-2b";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    file.requireFlag("use_bidirectional_attention", false, false);
    int dHead = file.size("head_dim", 256);
    OptionalInt window = file.optionalSize("sliding_window", OptionalInt.of(4096));
    List<String> alternating = new ArrayList<>();
    for (int layer = 0; layer < file.layers("num_hidden_layers"); layer++) {
      alternating.add(layer % 2 == 0 ? LlamaLike.SLIDING : LlamaLike.FULL);
    }
    List<AttentionSpec> attention = new ArrayList<>();
    for (String type : LlamaLike.layerTypes(file, alternating)) {
      attention.add(
          AttentionSpec.causal(RotaryConfig.of(dHead).read(file, type), dHead)
              .scaledBy(1 / Math.sqrt(file.number("query_pre_attn_scalar", 256)))
              .cappedAt(file.optionalNumber("attn_logit_softcapping", OptionalDouble.of(50)))
              .with(LlamaLike.mask(type, window)));
    }
    return new ModelConfig(
        name(),
        LlamaLike.sizes(file, 4, dHead),
        LlamaLike.rmsNorm(file, 1e-6),
        new EmbeddingSpec(false, false, Math.sqrt(file.size("hidden_size")), false),
        attention,
        new BlockSpec(BlockSpec.Norms.AROUND, false),
        new MlpSpec(Activation.named(file.text("hidden_activation", "gelu_pytorch_tanh")), true),
        HeadSpec.NORMED.cappedAt(
            file.optionalNumber("final_logit_softcapping", OptionalDouble.of(30))));
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    return LlamaLike.weights(config, file, Gemma.tensors(file));
  }
}
