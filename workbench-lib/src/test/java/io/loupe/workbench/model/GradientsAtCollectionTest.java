package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import org.junit.jupiter.api.Test;

/**
 * Java's collector frees the buffers of numbers that were multiplied with; the way back reads them.
 */
class GradientsAtCollectionTest {
  @Test
  void aCollectionDuringThePassChangesNoGradient() throws InterruptedException {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Tokens tokens = Tokens.of(new long[] {9, 8, 7}).repeat(8);
    HookPoint at = Sites.EMBED.here();
    double[] first = gradient(model, tokens, at);
    Thread collecting =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                System.gc();
              }
            });
    collecting.start();
    try {
      for (int i = 0; i < 60; i++) {
        assertThat(gradient(model, tokens, at)).containsExactly(first);
      }
    } finally {
      collecting.interrupt();
      collecting.join();
    }
  }

  private static double[] gradient(HookedTransformer model, Tokens tokens, HookPoint at) {
    try (Gradients gradients = model.gradients(tokens, Metrics.logitDifference(9, 2), at)) {
      return Tensors.doubles(gradients.at(at));
    }
  }
}
