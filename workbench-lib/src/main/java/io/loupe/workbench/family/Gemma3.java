package io.loupe.workbench.family;

import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.PositionSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Gemma 3, text only (Kamath et al. 2025). */
final class Gemma3 implements Family {
  @Override
  public String name() {
    return "gemma3_text";
  }

  @Override
  public String summary() {
    return "Gemma 2 without caps on scores; normed queries and keys; two rotary bases, one for windows";
  }

  @Override
  public String example() {
    return "google/gemma-3-1b-pt";
  }

  @Override
  public ModelConfig config(ConfigFile file) throws ModelFormatException {
    int dHead = file.size("head_dim", 256);
    List<AttentionSpec> attention = new ArrayList<>();
    for (String type : LlamaLike.layerTypes(file, counted(file))) {
      attention.add(
          AttentionSpec.causal(rotary(file, type, dHead), dHead)
              .scaledBy(1 / Math.sqrt(file.number("query_pre_attn_scalar", 256)))
              .with(mask(file, type))
              .with(AttentionSpec.QueryKeyNorm.EACH_HEAD));
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
            file.optionalNumber("final_logit_softcapping", OptionalDouble.empty())));
  }

  /** Every sixth layer sees everything, unless the file says another number. */
  private static List<String> counted(ConfigFile file) throws ModelFormatException {
    int pattern = file.size("sliding_window_pattern", file.size("_sliding_window_pattern", 6));
    List<String> types = new ArrayList<>();
    for (int layer = 0; layer < file.layers("num_hidden_layers"); layer++) {
      types.add((layer + 1) % pattern == 0 ? LlamaLike.FULL : LlamaLike.SLIDING);
    }
    return types;
  }

  /** Layers with a window have a base of their own, and no scaling in older files. */
  private static PositionSpec.Rotary rotary(ConfigFile file, String type, int dHead)
      throws ModelFormatException {
    boolean windowed = type.equals(LlamaLike.SLIDING);
    RotaryConfig rotary =
        new RotaryConfig(
            dHead,
            windowed ? "rope_local_base_freq" : "rope_theta",
            windowed ? 10_000 : 1_000_000,
            "partial_rotary_factor",
            1);
    ConfigFile settings = RotaryConfig.settings(file);
    if (settings.has(type)) {
      return rotary.read(file, settings.objectAt(type));
    }
    return rotary.read(file, windowed ? file.empty() : settings);
  }

  /** An encoder's window counts both sides (EmbeddingGemma). */
  private static MaskSpec mask(ConfigFile file, String type) throws ModelFormatException {
    OptionalInt window = file.optionalSize("sliding_window", OptionalInt.of(4096));
    boolean windowed = type.equals(LlamaLike.SLIDING) && window.isPresent();
    if (!file.flag("use_bidirectional_attention", false)) {
      return LlamaLike.mask(type, window);
    }
    return windowed
        ? new MaskSpec(false, OptionalInt.of(window.getAsInt() / 2 + 1))
        : MaskSpec.BIDIRECTIONAL;
  }

  @Override
  public WeightMap weights(ModelConfig config, ConfigFile file) throws ModelFormatException {
    return LlamaLike.weights(config, file, Gemma.tensors(file));
  }
}
