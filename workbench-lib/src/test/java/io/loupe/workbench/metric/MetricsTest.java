package io.loupe.workbench.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import org.junit.jupiter.api.Test;

/** Metrics on logits small enough to work out by hand. */
class MetricsTest {
  private static final Tokens TOKENS =
      Tokens.padded(Tokens.Padding.RIGHT, new long[] {0, 1, 2}, new long[] {2, 1});

  // [row][pos][token]; the second row's last column is padding
  private static final double[] LOGITS = {
    1, 2, 3, /**/ 0, 0, 0, /**/ 5, 1, 2,
    2, 0, 1, /**/ 0, 4, 1, /**/ 9, 9, 9
  };
  private static final Outcome RUN = outcome(LOGITS, TOKENS);

  private static Outcome outcome(double[] logits, Tokens tokens) {
    NDArray tensor =
        NativeMemory.reachable(ai.djl.Device.cpu())
            .create(logits, new Shape(tokens.batch(), tokens.length(), 3));
    return new Outcome() {
      @Override
      public NDArray logits() {
        return tensor;
      }

      @Override
      public Tokens tokens() {
        return tokens;
      }
    };
  }

  private static double logSumExp(double... x) {
    double sum = 0;
    for (double v : x) {
      sum += Math.exp(v);
    }
    return Math.log(sum);
  }

  @Test
  void logitDifferenceReadsEachRowsLastToken() {
    assertThat(Metrics.logitDifference(0, 2).perExample(RUN)).containsExactly(3, -1);
    assertThat(Metrics.logitDifference(new long[] {0, 1}, new long[] {2, 2}).perExample(RUN))
        .containsExactly(3, 3);
    assertThat(Metrics.logitDifference(0, 2).of(RUN)).isEqualTo(1);
  }

  @Test
  void logProbability() {
    double[] values = Metrics.logProbability(1).perExample(RUN);
    assertThat(values[0]).isCloseTo(1 - logSumExp(5, 1, 2), within(1e-12));
    assertThat(values[1]).isCloseTo(4 - logSumExp(0, 4, 1), within(1e-12));
  }

  @Test
  void probabilityDifferenceAddsUpAnswers() {
    double[] values =
        Metrics.probabilityDifference(new long[][] {{0}, {1, 2}}, new long[][] {{1, 2}, {}})
            .perExample(RUN);
    double all = Math.exp(5) + Math.exp(1) + Math.exp(2);
    assertThat(values[0]).isCloseTo((Math.exp(5) - Math.exp(1) - Math.exp(2)) / all, within(1e-6));
    assertThat(values[1])
        .isCloseTo((Math.exp(4) + Math.exp(1)) / (1 + Math.exp(4) + Math.exp(1)), within(1e-6));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metrics.probabilityDifference(new long[][] {{0, 1}}, new long[][] {{1}}))
        .withMessageContaining("Token 1 is an answer and a wrong answer of row 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metrics.probabilityDifference(new long[][] {{0}}, new long[0][]))
        .withMessageContaining("as many rows");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Metrics.probabilityDifference(new long[][] {{9}, {1}}, new long[][] {{0}, {0}})
                    .perExample(RUN))
        .withMessageContaining("There is no token 9");
  }

  @Test
  void lossFromAPositionIsTheMeanOfTheRest() {
    Tokens tokens = Tokens.padded(Tokens.Padding.LEFT, new long[] {0, 1, 2}, new long[] {2, 1, 1});
    double[] logits = {1, 2, 3, 0, 0, 0, 5, 1, 2, 2, 0, 1, 0, 4, 1, 9, 9, 9};
    Outcome run = outcome(logits, tokens);
    double[][] perToken = Metrics.lossPerToken(run);
    double[] last = Metrics.lossFrom(2).perExample(run);
    assertThat(last).containsExactly(new double[] {perToken[0][1], perToken[1][1]}, within(1e-6));
    assertThat(Metrics.lossFrom(1).perExample(run)).containsExactly(Metrics.loss().perExample(run));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metrics.lossFrom(3).of(run))
        .withMessageContaining("row 0 has 3 tokens");
    assertThatIllegalArgumentException().isThrownBy(() -> Metrics.lossFrom(0));
  }

  @Test
  void lossIsTheMeanOverPredictedTokens() {
    double first = logSumExp(1, 2, 3) - 2;
    double second = logSumExp(0, 0, 0);
    double other = logSumExp(2, 0, 1) - 0;
    double[] values = Metrics.loss().perExample(RUN);
    assertThat(values[0]).isCloseTo((first + second) / 2, within(1e-12));
    assertThat(values[1]).isCloseTo(other, within(1e-12));
    double[][] perToken = Metrics.lossPerToken(RUN);
    assertThat(perToken[0]).containsExactly(new double[] {first, second}, within(1e-12));
    assertThat(perToken[1]).containsExactly(new double[] {other}, within(1e-12));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Metrics.loss().of(outcome(new double[] {1, 2, 3}, Tokens.of(new long[] {1}))))
        .withMessageContaining("at least two tokens");
  }

  @Test
  void klDivergence() {
    assertThat(Metrics.klDivergence(RUN).perExample(RUN))
        .containsExactly(new double[] {0, 0}, within(1e-12));
    double[] flat = LOGITS.clone();
    java.util.Arrays.fill(flat, 0);
    double log = logSumExp(5, 1, 2);
    double expected = 0;
    for (double x : new double[] {5, 1, 2}) {
      expected += Math.exp(x - log) * (x - log + Math.log(3));
    }
    assertThat(Metrics.klDivergence(RUN).perExample(outcome(flat, TOKENS))[0])
        .isCloseTo(expected, within(1e-12));
  }

  @Test
  void accuracyAndRank() {
    assertThat(Metrics.accuracy(0).perExample(RUN)).containsExactly(1, 0);
    assertThat(Metrics.accuracy(0, 1).of(RUN)).isEqualTo(1);
    assertThat(Metrics.rank(1).perExample(RUN)).containsExactly(2, 0);
  }

  @Test
  void aUsersOwnMetricIsOneLambda() {
    Metric largest = (logits, tokens) -> logits.max(new int[] {2}).max(new int[] {1});
    assertThat(largest.perExample(RUN)).containsExactly(5, 9);
    Metric wrong = (logits, tokens) -> logits.sum();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> wrong.of(RUN))
        .withMessageContaining("[2]");
  }

  @Test
  void refusesAnswersThatDoNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metrics.logProbability(3).of(RUN))
        .withMessageContaining("no token 3")
        .withMessageContaining("0 to 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metrics.logProbability(0, 1, 2).of(RUN))
        .withMessageContaining("one for each of the 2");
  }

  @Test
  void anAnswerThatIsItsOwnWrongAnswerIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metrics.logitDifference(new long[] {4, 5}, new long[] {3, 5}))
        .withMessageContaining("row 1 are the same token, 5");
  }
}
