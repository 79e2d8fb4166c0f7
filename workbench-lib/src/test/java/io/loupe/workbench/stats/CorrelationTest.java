package io.loupe.workbench.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CorrelationTest {
  private static final double[] A = {1, 2, 3, 4, 5};

  @Test
  void knownValues() {
    assertThat(Correlation.pearson(A, new double[] {2, 4, 6, 8, 10})).isCloseTo(1, within(1e-12));
    assertThat(Correlation.pearson(A, new double[] {5, 4, 3, 2, 1})).isCloseTo(-1, within(1e-12));
    // scipy.stats of [1,2,3,4,5] and [5,6,7,8,7]
    double[] tied = {5, 6, 7, 8, 7};
    assertThat(Correlation.pearson(A, tied)).isCloseTo(0.8320502943378437, within(1e-12));
    assertThat(Correlation.spearman(A, tied)).isCloseTo(0.8207826816681233, within(1e-12));
    assertThat(Correlation.kendall(A, tied)).isCloseTo(0.7378647873726218, within(1e-12));
    assertThat(Correlation.spearman(A, new double[] {1, 8, 27, 64, 1e9}))
        .isCloseTo(1, within(1e-12));
  }

  @Test
  void tiesShareTheirRank() {
    assertThat(Correlation.ranks(new double[] {10, 0.0, 10, -0.0, 20, 10}))
        .containsExactly(4, 1.5, 4, 1.5, 6, 4);
  }

  /** The definition, over all pairs. */
  @Test
  void kendallCountsPairs() {
    Random random = new Random(7);
    for (int trial = 0; trial < 200; trial++) {
      int size = 2 + random.nextInt(12);
      double[] a = random.ints(size, -2, 3).mapToDouble(i -> i == 0 ? -0.0 : i).toArray();
      double[] b = random.ints(size, 0, 6).asDoubleStream().toArray();
      double difference = 0;
      double untiedA = 0;
      double untiedB = 0;
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < i; j++) {
          difference += Math.signum(a[i] - a[j]) * Math.signum(b[i] - b[j]);
          untiedA += a[i] == a[j] ? 0 : 1;
          untiedB += b[i] == b[j] ? 0 : 1;
        }
      }
      double expected = difference / Math.sqrt(untiedA * untiedB);
      if (Double.isNaN(expected)) {
        assertThat(Correlation.kendall(a, b)).isNaN();
      } else {
        assertThat(Correlation.kendall(a, b)).isCloseTo(expected, within(1e-12));
      }
    }
  }

  @Test
  void aConstantListAgreesWithNothing() {
    double[] constant = {0.1, 0.1, 0.1, 0.1, 0.1};
    assertThat(Correlation.pearson(A, constant)).isNaN();
    assertThat(Correlation.spearman(constant, A)).isNaN();
    assertThat(Correlation.kendall(A, constant)).isNaN();
    assertThat(Correlation.interval(A, constant, Correlation::spearman, 0.95, 1).low()).isNaN();
  }

  @Test
  void theIntervalHoldsTheValueAndShrinksWithTheSample() {
    Random random = new Random(1);
    double[] a = random.doubles(400).toArray();
    double[] b = Arrays.stream(a).map(x -> x + random.nextGaussian() * 0.3).toArray();
    Interval whole = Correlation.interval(a, b, Correlation::spearman, 0.95, 3);
    Interval part =
        Correlation.interval(
            Arrays.copyOf(a, 20), Arrays.copyOf(b, 20), Correlation::spearman, 0.95, 3);
    double rho = Correlation.spearman(a, b);
    assertThat(rho).isBetween(whole.low(), whole.high());
    assertThat(whole.high() - whole.low()).isBetween(0.05, 0.25);
    assertThat(part.high() - part.low()).isGreaterThan(2 * (whole.high() - whole.low()));
    assertThat(Correlation.interval(a, b, Correlation::spearman, 0.95, 3)).isEqualTo(whole);
  }

  @Test
  void badListsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Correlation.pearson(A, new double[] {1, 2}))
        .withMessageContaining("5 and 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Correlation.kendall(new double[] {1}, new double[] {2}));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Correlation.spearman(A, new double[] {1, 2, 3, Double.NaN, 5}))
        .withMessageContaining("Value 3");
  }
}
