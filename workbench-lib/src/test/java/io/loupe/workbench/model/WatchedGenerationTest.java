package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.capture.AttentionEdit;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention that is reduced step by step, against the patterns that the same steps capture. */
class WatchedGenerationTest {
  private static final Tokens PROMPTS =
      Tokens.padded(Tokens.Padding.LEFT, new long[] {5, 9, 33, 7, 100, 3}, new long[] {8, 8, 61});
  private static final Head HEAD = Head.head(1, 2);
  private static final AttentionRequest REQUEST =
      AttentionRequest.of(Statistic.ENTROPY, Statistic.FIRST_KEY)
          .topKeys(2)
          .pattern(HeadSet.of(HEAD), -1);
  private static final GenerationOptions OPTIONS = GenerationOptions.greedy(5);

  static Stream<HookedTransformer> models() {
    return TinyModels.all(LoadOptions.DEFAULT).stream();
  }

  @ParameterizedTest
  @MethodSource("models")
  void eachStepsRowIsThatOfItsPattern(HookedTransformer model) {
    Generation captured = model.generate(PROMPTS, OPTIONS.capturing(Capture.of(Sites.PATTERN)));
    for (GenerationOptions options : List.of(OPTIONS, OPTIONS.withoutCache())) {
      Generation watched = model.generate(PROMPTS, options.watching(REQUEST));
      assertThat(watched.tokens().ids()).isDeepEqualTo(captured.tokens().ids());
      for (int i = 0; i < 5; i++) {
        GenerationStep step = watched.steps().get(i);
        for (int row = 0; row < 2; row++) {
          double[] pattern = captured.steps().get(i).attention(1, row)[2];
          double[] entropy = step.attentionStatistics().values(Statistic.ENTROPY, HEAD, row);
          assertThat(entropy).hasSize(i == 0 ? PROMPTS.length(row) : 1);
          double exact = -Arrays.stream(pattern).map(p -> p * Math.log(p)).sum();
          assertThat(entropy[entropy.length - 1]).isCloseTo(exact, within(1e-5));
          assertThat(step.attentionStatistics().pattern(HEAD, row)[0])
              .usingComparatorWithPrecision(1e-5)
              .containsExactly(pattern);
        }
      }
    }
  }

  @Test
  void anEditDoesWhatAnInterventionDoes() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    AttentionRequest gated = REQUEST.edit(AttentionEdit.gate(HeadSet.of(HEAD), 0));
    Generation edited = model.generate(PROMPTS, OPTIONS.watching(gated));
    Generation ablated = model.with(Interventions.zero(HEAD)).generate(PROMPTS, OPTIONS);
    Generation plain = model.generate(PROMPTS, OPTIONS);
    for (int i = 0; i < 5; i++) {
      assertThat(edited.steps().get(i).logProbabilities().get(0))
          .isCloseTo(ablated.steps().get(i).logProbabilities().get(0), within(1e-5));
    }
    assertThat(edited.steps().get(0).logProbabilities())
        .isNotEqualTo(plain.steps().get(0).logProbabilities());
  }

  @Test
  void aRowThatHasEndedHasNoQuery() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    long first = model.generate(PROMPTS, OPTIONS).continuation(0)[0];
    Generation stopped =
        model.generate(
            PROMPTS,
            OPTIONS
                .stopAtToken(first)
                .watching(AttentionRequest.of(Statistic.ENTROPY, Statistic.FIRST_KEY)));
    GenerationStep last = stopped.steps().get(stopped.steps().size() - 1);
    assertThat(last.index()).isPositive();
    assertThat(last.attentionStatistics().values(Statistic.ENTROPY, HEAD, 0)).isEmpty();
    assertThat(last.attentionStatistics().mean(Statistic.ENTROPY, HEAD)).isFinite();
  }

  @Test
  void whatWasNotAskedForIsRefused() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    GenerationStep step = model.generate(PROMPTS, OPTIONS).steps().get(0);
    assertThatIllegalArgumentException()
        .isThrownBy(step::attentionStatistics)
        .withMessageContaining("options.watching(AttentionRequest.of(...))");
    GenerationOptions both = OPTIONS.capturing(Capture.of(Sites.PATTERN)).watching(REQUEST);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.generate(PROMPTS, both))
        .withMessageContaining("needs the whole matrix");
  }
}
