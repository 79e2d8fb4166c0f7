package io.loupe.circuits.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.laboratory.CompiledModels;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionalKernelsTest {
  private static final int LENGTH = 6;

  /**
   * Learned, rotary and ALiBi positions: the kernel is the attention of a model all of whose tokens
   * have the mean embedding, whose first layer writes nothing where the second is looked at.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {"golden/gpt2", "golden/bloom", "golden/llama", "golden/gemma", "golden/gptj"})
  void kernelsAreTheAttentionOnAverageTokens(String name) throws IOException {
    HookedTransformer model = Checkpoints.load(name, LoadOptions.DOUBLE).folded();
    PositionalKernels kernels = PositionalKernels.of(model, LENGTH);
    HookedTransformer average =
        averaged(model).with(Interventions.skipAttention(0), Interventions.skipMlp(0));
    Tokens tokens = Tokens.of(new long[] {5, 9, 2, 7, 1, 3});
    for (int layer = 0; layer < 2; layer++) {
      double[] pattern =
          Tensors.doubles(
              average.run(tokens, Capture.of(Sites.PATTERN)).cache().get(Sites.PATTERN.at(layer)));
      for (int head = 0; head < model.config().heads(); head++) {
        double[] kernel = kernels.kernel(new Head(layer, head));
        for (int distance = 0; distance < LENGTH; distance++) {
          double sum = 0;
          for (int query = distance; query < LENGTH; query++) {
            sum += pattern[(head * LENGTH + query) * LENGTH + query - distance];
          }
          assertThat(kernel[distance]).isCloseTo(sum / (LENGTH - distance), within(1e-9));
        }
      }
    }
  }

  private static HookedTransformer averaged(HookedTransformer model) {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    for (String name : model.weights().names()) {
      weights.put(name, model.weights().get(name));
    }
    NDArray embedding = weights.get("embed.W_E");
    NDArray mean = embedding.mean(new int[] {0}, true);
    weights.put(
        "embed.W_E", NativeMemory.keep(mean.tile(new long[] {embedding.getShape().get(0), 1})));
    return model.withWeights("averaged", new Weights(weights));
  }

  @Test
  void theCompiledPreviousTokenHeadsAreFound() {
    HookedTransformer model = CompiledModels.uselessHead().model();
    PositionalKernels kernels = PositionalKernels.of(model, 12);
    for (Head head : List.of(new Head(0, 0), new Head(0, 1))) {
      assertThat(kernels.at(1).score(head)).isCloseTo(1, within(1e-12));
    }
    assertThat(kernels.at(1).score(new Head(1, 0))).isLessThan(0.2);
    assertThat(kernels.table(1).rows().get(0).get(1)).isEqualTo(1);
    assertThat(kernels.display().toString()).contains("L0H0");
    assertThat(kernels.plot(List.of(new Head(0, 0)), 4).toString()).isNotEmpty();
    assertThat(kernels.at(1).label().definition()).contains("average token");
  }

  @Test
  void whatHasNoKernelsIsRefused() throws IOException {
    HookedTransformer bert = Checkpoints.load("golden/bert", LoadOptions.DEFAULT);
    HookedTransformer gpt2 = Checkpoints.load("golden/gpt2", LoadOptions.DEFAULT);
    HeadWeightsTest.refused(() -> PositionalKernels.of(bert, 8), "bidirectional");
    HeadWeightsTest.refused(() -> PositionalKernels.of(gpt2, 1), "2 to");
    HeadWeightsTest.refused(() -> PositionalKernels.of(gpt2, 100_000), "got 100000");
    HeadWeightsTest.refused(
        () -> PositionalKernels.of(gpt2.with(Interventions.skipMlp(0)), 8), "interventions");
    PositionalKernels kernels = PositionalKernels.of(gpt2, 4);
    HeadWeightsTest.refused(() -> kernels.at(4), "distances 0 to 3");
    HeadWeightsTest.refused(() -> kernels.kernel(new Head(9, 0)), "3 layers of 4 heads");
  }
}
