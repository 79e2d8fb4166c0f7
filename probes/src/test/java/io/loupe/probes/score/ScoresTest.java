package io.loupe.probes.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.probes.data.Labels;
import io.loupe.workbench.stats.Auroc;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Scores against numbers worked out by hand and naive loops. */
class ScoresTest {

  @Test
  void aurocIsTheShareOfPairsInOrder() {
    Random random = new Random(3);
    double[] scores = random.ints(60, 0, 12).asDoubleStream().toArray(); // with ties
    boolean[] positive = new boolean[60];
    for (int i = 0; i < 60; i++) {
      positive[i] = random.nextInt(3) == 0;
    }
    double won = 0;
    int pairs = 0;
    for (int i = 0; i < 60; i++) {
      for (int j = 0; j < 60; j++) {
        if (positive[i] && !positive[j]) {
          pairs++;
          won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
      }
    }
    assertThat(Auroc.of(scores, positive)).isCloseTo(won / pairs, within(1e-12));
    assertThat(Auroc.of(new double[] {1, 2}, new boolean[] {true, true})).isNaN();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Auroc.of(scores, new boolean[3]))
        .withMessageContaining("60");
  }

  private static final ClassScores THREE =
      ClassScores.of(
          new Labels.Classes(List.of("a", "b", "c"), new int[] {0, 0, 1, 1, 2}),
          new double[][] {
            {0.7, 0.2, 0.1}, {0.3, 0.6, 0.1}, {0.1, 0.8, 0.1}, {0.2, 0.7, 0.1}, {0.5, 0.3, 0.2}
          },
          true);

  @Test
  void classesAreCountedByHand() {
    assertThat(THREE.value()).isCloseTo(0.6, within(1e-12));
    assertThat(THREE.perExample()).containsExactly(1, 0, 1, 1, 0);
    assertThat(THREE.predicted()).containsExactly(0, 1, 1, 1, 0);
    assertThat(THREE.confusion()).isDeepEqualTo(new int[][] {{1, 1, 0}, {0, 2, 0}, {1, 0, 0}});
    assertThat(THREE.balancedAccuracy()).isCloseTo((0.5 + 1 + 0) / 3, within(1e-12));
    assertThat(THREE.logLoss())
        .isCloseTo(-Math.log(0.7 * 0.3 * 0.8 * 0.7 * 0.2) / 5, within(1e-12));
    // a against the rest: 0.7 beats 3 of 3; 0.3 beats 0.1 and 0.2
    assertThat(THREE.auroc(0)).isCloseTo(5 / 6.0, within(1e-12));
    assertThat(THREE.criterion()).isEqualTo(-THREE.logLoss());
    assertThat(THREE.values()).containsKeys("accuracy", "AUROC", "calibration error", "log loss");
  }

  @Test
  void calibrationErrorWeighsTheDistanceOfEachBin() {
    // confidences 0.7 (right), 0.6 (wrong), 0.8 (right), 0.7 (right), 0.5 (wrong)
    double expected = (2 * Math.abs(0.7 - 1) + 0.6 + Math.abs(0.8 - 1) + 0.5) / 5;
    assertThat(THREE.calibrationError()).isCloseTo(expected, within(1e-9));
    ClassScores margins =
        ClassScores.of(
            new Labels.Classes(List.of("a", "b"), new int[] {0, 1}),
            new double[][] {{3, 1}, {2, 1}},
            false);
    assertThatIllegalArgumentException()
        .isThrownBy(margins::calibrationError)
        .withMessageContaining("no probabilities");
    assertThat(margins.criterion()).isEqualTo(margins.value());
    assertThat(margins.values()).doesNotContainKey("calibration error");
    assertThat(margins.auroc()).isEqualTo(1); // margins of b: -2 for a, -1 for b
  }

  @Test
  void numbersAreScoredAgainstTheirMean() {
    NumberScores scores =
        NumberScores.of(Labels.numbers("x", 1, 2, 3, 6), new double[][] {{1.5}, {2}, {2}, {7}});
    // squared errors 0.25 + 0 + 1 + 1, of the mean 4 + 1 + 0 + 9
    assertThat(scores.value()).isCloseTo(1 - 2.25 / 14, within(1e-12));
    assertThat(scores.perExample()).containsExactly(0.25, 0, 1, 1);
    assertThat(scores.meanAbsoluteError(0)).isCloseTo(0.625, within(1e-12));
    assertThat(scores.spearman(0)).isCloseTo(0.9486832980505138, within(1e-12));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NumberScores.of(Labels.numbers("x", 1, 2), new double[][] {{1}}))
        .withMessageContaining("2 examples");
  }

  @Test
  void tagsAreScoredByTheirDecisions() {
    boolean[][] has = {{true, false}, {true, true}, {false, false}};
    TagScores scores =
        TagScores.of(
            new Labels.Tags(List.of("s", "t"), has),
            new double[][] {{0.9, 0.5}, {0.4, 0.8}, {0.1, 0.2}});
    // s: one hit, one miss; t: one hit, one false alarm
    assertThat(scores.value()).isCloseTo(4.0 / (4 + 1 + 1), within(1e-12));
    assertThat(scores.f1(0)).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(scores.perExample()).containsExactly(0.5, 0.5, 1);
    assertThat(scores.auroc(0)).isEqualTo(1);
    assertThat(scores.logLoss())
        .isCloseTo(-Math.log(0.9 * 0.5 * 0.4 * 0.8 * 0.9 * 0.8) / 6, within(1e-12));
    assertThat(scores.criterion()).isEqualTo(-scores.logLoss());
  }
}
