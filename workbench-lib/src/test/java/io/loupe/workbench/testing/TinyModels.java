package io.loupe.workbench.testing;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import java.util.List;

/** Untrained models of a few thousand parameters: 3 layers, 4 heads, vocabulary 128, context 64. */
public final class TinyModels {
  private TinyModels() {}

  public static HookedTransformer gpt2(LoadOptions options) {
    return HookedTransformer.random(
        ModelConfig.decoder(
            "gpt2",
            new Dimensions(3, 48, 4, 4, 12, 96, 128, 64),
            new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
            EmbeddingSpec.LEARNED_POSITIONS,
            AttentionSpec.causal(new PositionSpec.None(), 12),
            new MlpSpec(Activation.GELU_TANH, false)),
        1,
        options);
  }

  /** With two key/value heads for four heads, and only 8 of a head's 12 dimensions turned. */
  public static HookedTransformer llama(LoadOptions options) {
    return HookedTransformer.random(
        ModelConfig.decoder(
            "llama",
            new Dimensions(3, 48, 4, 2, 12, 96, 128, 64),
            new NormSpec(NormSpec.Kind.RMS_NORM, 1e-5),
            EmbeddingSpec.TOKENS,
            AttentionSpec.causal(new PositionSpec.Rotary(8, 10_000), 12),
            new MlpSpec(Activation.SILU, true)),
        2,
        options);
  }

  public static List<HookedTransformer> all(LoadOptions options) {
    return List.of(gpt2(options), llama(options));
  }
}
