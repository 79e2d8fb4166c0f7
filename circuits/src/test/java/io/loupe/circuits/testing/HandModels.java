package io.loupe.circuits.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.Examples;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.ParameterShapes;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Two-layer models of one position, without norms, in float64: small enough for a sheet of paper.
 */
public final class HandModels {
  private HandModels() {}

  /**
   * Token 0 is x = (1, 2), token 1 is -x. With one position a head's pattern is 1, so that it
   * writes W times what its values read, W = [[1, 2], [3, 4]] in both layers: h0 = W x = (5, 11),
   * h1 = W (x + h0) = (32, 70), and the logits are x + h0 + h1 = (38, 83).
   */
  public static HookedTransformer linear() {
    Map<String, double[]> weights = new LinkedHashMap<>();
    weights.put("embed.W_E", new double[] {1, 2, -1, -2});
    weights.put("unembed.W_U", new double[] {1, 0, 0, 1});
    for (int layer = 0; layer < 2; layer++) {
      weights.put("blocks." + layer + ".attn.W_V", new double[] {1, 0, 0, 1});
      weights.put("blocks." + layer + ".attn.W_O", new double[] {1, 2, 3, 4});
    }
    return model(new Dimensions(2, 2, 1, 1, 2, 0, 2, 1), weights);
  }

  /**
   * Token 0 is x = 1, token 1 is -1. The heads write nothing; m0 = 2 relu(x) = 2, m1 = 3 relu(x +
   * m0 - 1) = 6, and logit 0 is x + m0 + m1 = 9, on the corrupted prompt -1. Logit 1 is 0.
   */
  public static HookedTransformer bent() {
    Map<String, double[]> weights = new LinkedHashMap<>();
    weights.put("embed.W_E", new double[] {1, -1});
    weights.put("unembed.W_U", new double[] {1, 0});
    weights.put("blocks.0.mlp.W_in", new double[] {1});
    weights.put("blocks.0.mlp.W_out", new double[] {2});
    weights.put("blocks.1.mlp.W_in", new double[] {1});
    weights.put("blocks.1.mlp.b_in", new double[] {-1});
    weights.put("blocks.1.mlp.W_out", new double[] {3});
    return model(new Dimensions(2, 1, 1, 1, 1, 1, 2, 1), weights);
  }

  /** The one prompt, token 0, with its corruption, token 1. */
  public static Examples examples(int answer, int wrong) {
    return Examples.of(
        new Batch(
            Tokens.of(new long[] {0}),
            Tokens.of(new long[] {1}),
            Metrics.logitDifference(answer, wrong)));
  }

  private static HookedTransformer model(Dimensions sizes, Map<String, double[]> written) {
    ModelConfig config =
        new ModelConfig(
            "by hand",
            sizes,
            new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
            EmbeddingSpec.TOKENS,
            Collections.nCopies(
                2, AttentionSpec.causal(new PositionSpec.None(), sizes.dHead()).scaledBy(1)),
            BlockSpec.NO_NORM,
            sizes.dMlp() == 0 ? MlpSpec.NONE : new MlpSpec(Activation.RELU, false),
            HeadSpec.PLAIN);
    NDManager manager = NativeMemory.reachable(LoadOptions.DEFAULT.device());
    Map<String, NDArray> weights = new LinkedHashMap<>();
    ParameterShapes.of(config)
        .forEach(
            (name, shape) -> {
              if (written.containsKey(name) || !ParameterShapes.optional(name)) {
                long size = shape.stream().reduce(1L, (a, b) -> a * b);
                double[] values = written.getOrDefault(name, new double[(int) size]);
                Shape of = new Shape(shape.stream().mapToLong(s -> s).toArray());
                weights.put(name, manager.create(values, of));
              }
            });
    return HookedTransformer.of("by hand", config, new Weights(weights));
  }
}
