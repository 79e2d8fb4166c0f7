package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Over long texts, attention that nobody looks at is computed without its matrix. */
class LongTextTest {
  private static final int LENGTH = 4_200; // 4 heads: 269 MB
  private static final HookPoint LAST = Sites.SCORES.at(1);

  private static final HookedTransformer MODEL =
      HookedTransformer.random(
          ModelConfig.decoder(
              "llama",
              new Dimensions(2, 16, 4, 2, 8, 16, 32, LENGTH),
              new NormSpec(NormSpec.Kind.RMS_NORM, 1e-5),
              EmbeddingSpec.TOKENS,
              AttentionSpec.causal(new PositionSpec.Rotary(8, 10_000), 8),
              new MlpSpec(Activation.SILU, true)),
          3,
          LoadOptions.DEFAULT);

  private static Tokens text(int length) {
    return Tokens.of(new Random(4).longs(length, 0, 32).toArray());
  }

  @Test
  void theLogitsAreThoseOfTheMatrix() {
    Capture last = Capture.at(Sites.PATTERN.at(0), Sites.PATTERN.at(1)).positions(-1);
    Run whole = MODEL.run(text(LENGTH), last);
    Run streamed = MODEL.run(text(LENGTH));
    assertThat(whole.fired()).containsKey(LAST);
    assertThat(streamed.fired()).doesNotContainKey(LAST).containsKey(Sites.Z.at(1));
    assertThat(Tensors.doubles(streamed.logits()))
        .usingComparatorWithPrecision(1e-4)
        .containsExactly(Tensors.doubles(whole.logits()));
  }

  @Test
  void layersThatSomebodyLooksAtHaveTheirMatrix() {
    Run run = MODEL.run(text(LENGTH), Capture.at(Sites.PATTERN.at(0)).positions(-1));
    assertThat(run.fired()).containsKey(Sites.SCORES.at(0)).doesNotContainKey(LAST);
    assertThat(MODEL.run(text(400)).fired()).containsKey(LAST);
  }

  /** A sweep's copies do the same: what they are continued from, and they themselves. */
  @Test
  void copiesOfARunDoTheSame() {
    Tokens tokens = text(LENGTH);
    var metric = Metrics.logProbability(5);
    double expected = metric.of(MODEL.run(tokens));
    try (Continuation run = Continuation.of(MODEL, tokens, metric, Sites.RESID_PRE)) {
      assertThat(run.baseline()[0]).isCloseTo(expected, within(1e-6));
      double[][] copies = run.metric(0, 0, 2, List.of());
      assertThat(copies[1][0]).isCloseTo(expected, within(1e-5));
    }
  }
}
