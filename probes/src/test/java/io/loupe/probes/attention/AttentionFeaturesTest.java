package io.loupe.probes.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.index.NDIndex;
import io.loupe.probes.data.Example;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.ProbeData;
import io.loupe.probes.sweep.ProbeOptions;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Generation;
import io.loupe.workbench.model.GenerationOptions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Features against the materialised pattern, by their definitions. */
class AttentionFeaturesTest {
  private static final HookedTransformer MODEL = TinyModels.gpt2(LoadOptions.DEFAULT);
  private static final HeadFeature[] ALL = {
    HeadFeature.lookback(Answers.PROMPT),
    HeadFeature.lookback("context"),
    HeadFeature.share("context", "rest"),
    HeadFeature.mass("context"),
    HeadFeature.entropy(),
    HeadFeature.sink(),
    HeadFeature.distance(),
    HeadFeature.of(Statistic.PREVIOUS)
  };

  private static Tokens prompts() {
    Random random = new Random(5);
    long[][] rows = new long[6][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = random.longs(8 + 3 * row, 0, 128).toArray();
    }
    Tokens tokens = Tokens.padded(Tokens.Padding.RIGHT, rows);
    for (int row = 0; row < rows.length; row++) {
      tokens =
          tokens.withSpans(
              row, List.of(new Span("context", 2, 6), new Span("rest", 6, rows[row].length)));
    }
    return tokens;
  }

  private static final Answers ANSWERS = Answers.of(MODEL, prompts(), GenerationOptions.greedy(5));

  private static ProbeData data() {
    Labels labels = Labels.truth(List.of(true, false, true, false, true, false));
    return ANSWERS.data("answers", labels, List.of("a", "a", "b", "b", "c", "c"));
  }

  /** [query][key] of a text alone. */
  private static double[][] pattern(Tokens tokens, int row, Head head) {
    Tokens alone = Tokens.of(tokens.row(row));
    try (Run run = MODEL.run(alone, Capture.of(Sites.PATTERN))) {
      return Tensors.matrix(
          run.cache().get(Sites.PATTERN.at(head.layer())).get(new NDIndex("0, {}", head.index())));
    }
  }

  private static double sum(double[] row, int from, int to) {
    return Arrays.stream(row, from, to).sum();
  }

  /** What a feature is at one query, from its row of the pattern. */
  private static double byHand(int feature, double[] row, int query, int prompt) {
    double onAnswer = sum(row, prompt, query + 1) / (query - prompt + 1);
    double onPrompt = sum(row, 0, prompt) / prompt;
    double onContext = sum(row, 2, 6);
    double distance = 0;
    double entropy = 0;
    for (int key = 0; key <= query; key++) {
      distance += row[key] * (query - key);
      entropy -= row[key] * Math.log(row[key]);
    }
    return new double[] {
          onPrompt / (onPrompt + onAnswer),
          onContext / 4 / (onContext / 4 + onAnswer),
          onContext / (onContext + sum(row, 6, prompt)),
          onContext,
          entropy,
          row[0],
          distance,
          row[query - 1]
        }
        [feature];
  }

  @Test
  void everyFeatureIsTheMeanOverGeneratedQueriesOfItsDefinition() {
    AttentionFeatures features = AttentionFeatures.of(MODEL, data(), ALL);
    assertThat(features.values().columns()).isEqualTo(8 * 12);
    assertThat(features.names()).contains("L2H3 entropy", "L0H0 lookback to 'prompt'");
    for (int row = 0; row < 6; row++) {
      int prompt = prompts().length(row);
      for (Head head : features.heads()) {
        double[][] pattern = pattern(ANSWERS.tokens(), row, head);
        for (int f = 0; f < ALL.length; f++) {
          double mean = 0;
          for (int query = prompt; query < prompt + 4; query++) {
            mean += byHand(f, pattern[query], query, prompt) / 4;
          }
          assertThat(features.column(ALL[f], head)[row])
              .as("%s of %s in row %d", ALL[f], head, row)
              .isCloseTo(mean, within(2e-5));
        }
      }
    }
  }

  /** One pass over the finished text attends as the steps did. */
  @Test
  void featuresAreThoseOfTheStepsThatEmittedTheTokens() {
    AttentionFeatures features =
        AttentionFeatures.of(MODEL, data(), HeadFeature.entropy(), HeadFeature.mass("context"));
    GenerationOptions watching =
        GenerationOptions.greedy(5)
            .watching(AttentionRequest.of(Statistic.ENTROPY, Statistic.span("context")));
    Generation generation = MODEL.generate(prompts(), watching);
    for (Head head : features.heads()) {
      for (int row = 0; row < 6; row++) {
        double entropy = 0;
        double mass = 0;
        for (int step = 1; step < 5; step++) {
          var own = generation.steps().get(step).attentionStatistics();
          entropy += own.values(Statistic.ENTROPY, head, row)[0] / 4;
          mass += own.values(Statistic.span("context"), head, row)[0] / 4;
        }
        assertThat(features.column(HeadFeature.entropy(), head)[row])
            .isCloseTo(entropy, within(1e-5));
        assertThat(features.column(HeadFeature.mass("context"), head)[row])
            .isCloseTo(mass, within(1e-5));
      }
    }
  }

  @Test
  void someFeaturesAreTheSameColumns() {
    AttentionFeatures features = AttentionFeatures.of(MODEL, data(), ALL);
    AttentionFeatures some = features.only(HeadFeature.sink(), HeadFeature.entropy());
    assertThat(some.names()).hasSize(24).startsWith("L0H0 mass on the first key");
    Head head = Head.head(2, 1);
    assertThat(some.column(HeadFeature.entropy(), head))
        .containsExactly(features.column(HeadFeature.entropy(), head));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> some.only(HeadFeature.distance()))
        .withMessageContaining("'distance' was not read");
  }

  @Test
  void whatAnExampleHasNotIsRefusedNamingIt() {
    ProbeData unanswered =
        ProbeData.of(
            "prompts",
            prompts(),
            List.of(new Example(0, 3, 7, "g", "t")),
            Labels.truth(List.of(true)),
            List.of());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionFeatures.of(MODEL, unanswered, HeadFeature.lookback("context")))
        .withMessageContaining("no span 'answer'")
        .withMessageContaining("Answers.of(model, prompts, options)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionFeatures.of(MODEL, unanswered, HeadFeature.mass("needle")))
        .withMessageContaining("Row 0 has no span 'needle'; it has [context, rest]");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> AttentionFeatures.of(MODEL, unanswered, HeadFeature.share("context", "data")))
        .withMessageContaining("no span 'data'");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> AttentionFeatures.of(MODEL, unanswered, HeadFeature.of(Statistic.offset(7))))
        .withMessageContaining("nothing stands so far before");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                AttentionFeatures.of(
                    MODEL, unanswered, HeadFeature.sink(), HeadFeature.of(Statistic.FIRST_KEY)))
        .withMessageContaining("none twice");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HeadFeature.of(Statistic.MAX_KEY))
        .withMessageContaining("HeadFeature.distance()");
  }

  /** The first query of a lookback ratio is a generated token: the prompt's are refused. */
  @Test
  void aLookbackRatioOfThePromptIsRefused() {
    ProbeData prompt =
        ProbeData.of(
            "prompts",
            ANSWERS.tokens(),
            List.of(new Example(0, 7, 9, "g", "t")),
            Labels.truth(List.of(true)),
            List.of());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionFeatures.of(MODEL, prompt, HeadFeature.lookback("context")))
        .withMessageContaining("row 0 generated positions 8 to 12, the example stands at 7 to 8");
  }

  @Test
  void answersWithNothingToLookBackFromAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Answers.of(MODEL, prompts(), GenerationOptions.greedy(1)))
        .withMessageContaining("at least 2 are needed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Answers.of(MODEL, ANSWERS.tokens(), GenerationOptions.greedy(3)))
        .withMessageContaining("has a span 'prompt' of its own");
    long first = ANSWERS.tokens().row(0)[prompts().length(0)];
    Answers stopped = Answers.of(MODEL, prompts(), GenerationOptions.greedy(5).stopAtToken(first));
    List<String> groups = Collections.nCopies(6, "g");
    Labels labels = Labels.truth(Collections.nCopies(6, true));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> stopped.data("stopped", labels, groups))
        .withMessageContaining("The answer of row 0 has one token");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ANSWERS.data("short", labels, List.of("g")))
        .withMessageContaining("6 labels and 1 groups");
  }

  @Test
  void oneClassOnlyIsRefusedBeforeTraining() {
    Labels labels = Labels.truth(Collections.nCopies(6, true));
    ProbeData data = ANSWERS.data("one", labels, List.of("a", "b", "c", "d", "e", "f"));
    AttentionFeatures features = AttentionFeatures.of(MODEL, data, HeadFeature.entropy());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionDetector.train(features, ProbeOptions.usual(), 1))
        .withMessageContaining("A classifier needs two classes");
  }
}
