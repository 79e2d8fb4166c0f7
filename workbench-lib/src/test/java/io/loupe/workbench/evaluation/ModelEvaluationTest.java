package io.loupe.workbench.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.tasks.Tasks;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelEvaluationTest {
  private final HookedTransformer model = HookedTransformer.load("loupe-lm");

  ModelEvaluationTest() throws IOException {}

  @Test
  void scoresAreThoseOfOnePromptAtATime() {
    // greater-than has prompts of one length, with many answers; a pronoun's lengths differ
    for (String name : List.of("greater-than", "pronoun")) {
      TextTask task = Tasks.text(name, text -> model.tokenizer().encode(text, false));
      List<PromptPair> pairs = task.draw(Split.TEST, 12, 5);
      AbilityScore score = ModelEvaluation.of(model).seed(5).only(name).run(12).score(name);
      double sum = 0;
      for (int i = 0; i < pairs.size(); i++) {
        PromptPair pair = pairs.get(i);
        double[] logits;
        try (Run run = model.run(pair.clean().text())) {
          logits = Tensors.matrix(Metrics.last(run.logits(), run.tokens()))[0];
        }
        double right = max(logits, task.idsOf(pair, pair.answers()));
        double wrong = max(logits, task.idsOf(pair, pair.wrongs()));
        AbilityScore.Result result = score.results().get(i);
        assertThat(result.prompt()).isEqualTo(pair.clean().text());
        assertThat(result.difference()).isCloseTo(right - wrong, within(1e-3));
        assertThat(pair.answers()).contains(result.answer());
        double top = Arrays.stream(logits).max().orElseThrow();
        assertThat(result.first()).isEqualTo(right == top);
        sum += right - wrong;
      }
      assertThat(score.difference()).isCloseTo(sum / 12, within(1e-3));
    }
  }

  private static double max(double[] logits, long[] ids) {
    return Arrays.stream(ids).mapToDouble(id -> logits[(int) id]).max().orElseThrow();
  }

  @Test
  void accuracyCountsWhatIsAhead() {
    AbilityScore score =
        new AbilityScore(
            "x",
            List.of(
                new AbilityScore.Result("a", " b", " b", true, 2),
                new AbilityScore.Result("a", " b", " c", false, 1),
                new AbilityScore.Result("a", " b", " c", false, -4),
                new AbilityScore.Result("a", " b", " c", false, 0)));
    assertThat(score.accuracy()).isEqualTo(0.5);
    assertThat(score.top1()).isEqualTo(0.25);
    assertThat(score.difference()).isEqualTo(-0.25);
    assertThat(score.mistakes())
        .extracting(AbilityScore.Result::difference)
        .containsExactly(-4., 0.);
    assertThat(score.accuracyInterval().low()).isLessThan(0.5);
    assertThat(score.accuracyInterval().high()).isGreaterThan(0.5);
  }

  @Test
  void repeatedLossIsTheMeanOverEachHalf() {
    EvaluationReport report =
        ModelEvaluation.of(model).only(ModelEvaluation.REPEATED_TOKENS).run(1);
    RepeatedLoss loss = report.repeated();
    assertThat(loss).isNotNull();
    assertThat(loss.half()).isEqualTo(64);
    assertThat(loss.first()).hasSize(16);
    long[] random = new RepeatedTokens(1, 5119, 64).draw(Split.TEST, 1, 0).get(0).clean().toArray();
    long[] ids = new long[129];
    System.arraycopy(random, 0, ids, 1, 128);
    double[] losses = Metrics.lossPerToken(model.run(Tokens.of(ids)))[0];
    double first = Arrays.stream(losses, 0, 64).average().orElseThrow();
    double second = Arrays.stream(losses, 65, 128).average().orElseThrow();
    assertThat(loss.first().get(0)).isCloseTo(first, within(1e-4));
    assertThat(loss.second().get(0)).isCloseTo(second, within(1e-4));
    assertThat(loss.gain())
        .isCloseTo(
            loss.first().stream().mapToDouble(v -> v).average().orElseThrow()
                - loss.second().stream().mapToDouble(v -> v).average().orElseThrow(),
            within(1e-9));
    assertThat(report.toString()).contains("Repeated random tokens, 16 sequences of 64");
  }

  @Test
  void whatTheTokenizerOrTheContextDoesNotAllowIsLeftOutWithTheReason() throws IOException {
    HookedTransformer stories = HookedTransformer.load("stories260k");
    EvaluationReport report =
        ModelEvaluation.of(stories).only("ioi", "key-value-90", "greater-than").run(2);
    assertThat(report.leftOut().get("ioi")).contains("this tokenizer");
    assertThat(report.leftOut()).isNotEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> report.score("ioi"))
        .withMessageStartingWith("Ability 'ioi' was left out: ");
    assertThat(report.table().toString()).contains("left out: ");
    assertThat(report.display().data()).containsKey("text/html");
  }

  @Test
  void sameSeedSameResultsOtherSeedOtherPrompts() {
    ModelEvaluation evaluation = ModelEvaluation.of(model).only("ioi");
    EvaluationReport one = evaluation.run(4);
    assertThat(evaluation.run(4)).isEqualTo(one);
    assertThat(evaluation.seed(1).run(4).score("ioi").results().get(0).prompt())
        .isNotEqualTo(one.score("ioi").results().get(0).prompt());
  }

  @Test
  void refusesBeforeAnyRun() throws IOException {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelEvaluation.of(model).only("ioj"))
        .withMessageStartingWith("No ability 'ioj'; there are [ioi, ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelEvaluation.of(model).run(0))
        .withMessageContaining("got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AbilityScore("x", List.of()))
        .withMessageContaining("at least one");
    EvaluationReport none = new EvaluationReport("m", "abc", 0, List.of(), null, Map.of());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> none.score("ioi"))
        .withMessageStartingWith("No ability 'ioi'");
    assertThat(none.toString()).contains("not measured");
    Path bert = Expected.folder("golden/bert");
    HookedTransformer masked = HookedTransformer.load(bert, LoadOptions.DEFAULT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelEvaluation.of(masked))
        .withMessageContaining("bidirectional");
  }
}
