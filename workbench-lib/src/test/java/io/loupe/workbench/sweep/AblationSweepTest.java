package io.loupe.workbench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Batched sweeps against one plain run per ablation. */
class AblationSweepTest {
  private static final Tokens TOKENS =
      Tokens.padded(
          Tokens.Padding.LEFT, new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7}, new long[] {4, 4});
  private static final Tokens REFERENCE =
      Tokens.of(new long[] {5, 6, 7, 8}, new long[] {1, 1, 2, 2});
  private static final Metric LOSS = Metrics.loss();

  static Stream<HookedTransformer> models() {
    return TinyModels.all(LoadOptions.DEFAULT).stream();
  }

  @ParameterizedTest
  @MethodSource("models")
  void zeroEqualsOneRunPerHead(HookedTransformer model) {
    AblationEffects effects = AblationSweep.zero(model, LOSS).heads(TOKENS);
    double[] baseline = LOSS.perExample(model.run(TOKENS));
    for (Head head : model.config().allHeads()) {
      double[] ablated = LOSS.perExample(model.with(Interventions.zero(head)).run(TOKENS));
      for (int row = 0; row < baseline.length; row++) {
        assertThat(effects.perExample(head)[row])
            .isCloseTo(ablated[row] - baseline[row], within(1e-6));
      }
    }
    assertThat(effects.baseline()).isCloseTo(LOSS.of(model.run(TOKENS)), within(1e-12));
    assertThat(effects.ablation().kind()).isEqualTo(Ablation.Kind.ZERO);
  }

  @ParameterizedTest
  @MethodSource("models")
  void meanEqualsOneRunPerHead(HookedTransformer model) {
    AblationEffects effects = AblationSweep.mean(model, LOSS, REFERENCE).heads(TOKENS);
    ActivationCache reference = model.run(REFERENCE, Capture.of(Sites.Z)).cache();
    double baseline = LOSS.of(model.run(TOKENS));
    for (Head head : model.config().allHeads()) {
      double ablated = LOSS.of(model.with(Interventions.mean(head, reference)).run(TOKENS));
      assertThat(effects.effect(head)).isCloseTo(ablated - baseline, within(1e-6));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void manyBatchesEqualOne(HookedTransformer model) {
    Tokens wide = TOKENS.repeat(2000); // 30,000 tokens: each ablation fills a batch of its own
    double[] small = AblationSweep.zero(model, LOSS).together(HeadSet.parse("L0H0 L2H3"), TOKENS);
    double[] large = AblationSweep.zero(model, LOSS).together(HeadSet.parse("L0H0 L2H3"), wide);
    for (int row = 0; row < large.length; row++) {
      assertThat(large[row]).isCloseTo(small[row % 3], within(1e-6));
    }
  }

  @Test
  void topHeadsAreThoseWithTheLargestEffect() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    AblationEffects effects = AblationSweep.zero(model, LOSS).heads(TOKENS);
    double smallestOfTop =
        effects.top(3).toList().stream().mapToDouble(effects::effect).min().orElseThrow();
    long larger =
        model.config().allHeads().toList().stream()
            .filter(h -> effects.effect(h) > smallestOfTop)
            .count();
    assertThat(larger).isEqualTo(2);
    Unit best = effects.ranked().get(0);
    assertThat(effects.interval(best, 1).low()).isLessThanOrEqualTo(effects.effect(best));
    assertThat(effects.interval(best, 1).high()).isGreaterThanOrEqualTo(effects.effect(best));
  }

  @Test
  void theControlDrawsOtherHeadsOfTheSameNumber() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    AblationSweep ablation = AblationSweep.zero(model, LOSS);
    HeadSet top = ablation.heads(TOKENS).top(2);
    RandomControl control = ablation.againstRandom(top, TOKENS, 30, 7);
    double baseline = LOSS.of(model.run(TOKENS));
    double effect = LOSS.of(model.with(Interventions.zero(top)).run(TOKENS)) - baseline;
    assertThat(control.effect()).isCloseTo(effect, within(1e-6));
    assertThat(control.randomEffects()).hasSize(30);
    HeadSet third = model.config().allHeads().minus(top).sample(2, 7 + 2);
    double expected = LOSS.of(model.with(Interventions.zero(third)).run(TOKENS)) - baseline;
    assertThat(control.randomEffects().get(2)).isCloseTo(expected, within(1e-6));
    assertThat(control.pValue()).isBetween(1 / 31.0, 1.0);
    assertThat(ablation.againstRandom(top, TOKENS, 30, 7)).isEqualTo(control);
  }

  @Test
  void refusesHeadsThatDoNotExist() {
    AblationSweep ablation = AblationSweep.zero(TinyModels.gpt2(LoadOptions.DEFAULT), LOSS);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ablation.together(HeadSet.parse("L3H0"), TOKENS))
        .withMessageContaining("L3H0 does not exist");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ablation.againstRandom(HeadSet.all(3, 4), TOKENS, 5, 1))
        .withMessageContaining("12 heads");
  }
}
