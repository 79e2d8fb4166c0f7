package io.loupe.workbench.laboratory;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.OptimizerSpec;
import io.loupe.workbench.train.Schedule;
import io.loupe.workbench.train.TrainingOptions;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;

/** Models of a few hundred parameters, of every shape that the laboratory trains. */
final class TinyTraining {
  static final LoadOptions WIDE = new LoadOptions(DataType.FLOAT64, Device.cpu());

  private TinyTraining() {}

  /** Names to configurations: 2 layers, 2 heads, vocabulary 11, context 8. */
  static Map<String, ModelConfig> configs() {
    Map<String, ModelConfig> all = new LinkedHashMap<>();
    all.put("gpt2", config(12, BlockSpec.PRE_NORM, HeadSpec.NORMED, true));
    all.put("attention only", config(0, BlockSpec.PRE_NORM, HeadSpec.NORMED, true));
    all.put("no norm", config(12, BlockSpec.NO_NORM, HeadSpec.PLAIN, true));
    all.put("attention only, no norm", config(0, BlockSpec.NO_NORM, HeadSpec.PLAIN, true));
    all.put("bidirectional", config(12, BlockSpec.PRE_NORM, HeadSpec.NORMED, false));
    all.put("linear attention", linear(config(12, BlockSpec.PRE_NORM, HeadSpec.NORMED, true)));
    all.put(
        "llama",
        ModelConfig.decoder(
            "llama",
            new Dimensions(2, 8, 2, 1, 4, 12, 11, 8),
            new NormSpec(NormSpec.Kind.RMS_NORM, 1e-5),
            EmbeddingSpec.TOKENS,
            AttentionSpec.causal(new PositionSpec.Rotary(4, 10_000), 4),
            new MlpSpec(Activation.SILU, true)));
    return all;
  }

  private static ModelConfig config(int dMlp, BlockSpec block, HeadSpec head, boolean causal) {
    Dimensions sizes = Dimensions.multiHead(2, 8, 2, dMlp, 11, 8);
    AttentionSpec attention = AttentionSpec.causal(new PositionSpec.None(), sizes.dHead());
    return new ModelConfig(
        dMlp == 0 ? "attention-only" : "gpt2",
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
        EmbeddingSpec.LEARNED_POSITIONS,
        Collections.nCopies(2, causal ? attention : attention.with(MaskSpec.BIDIRECTIONAL)),
        block,
        dMlp == 0 ? MlpSpec.NONE : new MlpSpec(Activation.GELU_TANH, false),
        head);
  }

  private static ModelConfig linear(ModelConfig config) {
    return new ModelConfig(
        "linear",
        config.sizes(),
        config.norm(),
        config.embedding(),
        config.attention().stream().map(a -> a.with(AttentionSpec.ScoreMap.IDENTITY)).toList(),
        config.block(),
        config.mlp(),
        config.head());
  }

  static HookedTransformer model(String shape) {
    return HookedTransformer.random(configs().get(shape), 3, LoadOptions.DEFAULT);
  }

  /** Rows of unequal lengths. */
  static Tokens tokens(int rows) {
    Random random = new Random(5);
    long[][] ids = new long[rows][];
    for (int row = 0; row < rows; row++) {
      ids[row] = random.longs(3 + row % 5, 0, 10).toArray(); // 10 is left for a mask
    }
    return Tokens.padded(Tokens.Padding.RIGHT, ids);
  }

  static TrainingOptions options(int steps) {
    return new TrainingOptions(
        steps, 4, Schedule.cosine(0.01, 2), OptimizerSpec.adamW(0.1), OptionalDouble.of(1), 7);
  }
}
