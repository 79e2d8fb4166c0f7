package io.loupe.workbench.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  /** For many normal values the interval is the mean plus and minus 1.96 standard errors. */
  @Test
  void agreesWithTheNormalApproximation() {
    double[] values = new Random(3).doubles(400).map(u -> 10 + 4 * (u - 0.5)).toArray();
    double mean = java.util.Arrays.stream(values).average().orElseThrow();
    double variance = java.util.Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / 399;
    double error = Math.sqrt(variance / 400);
    Interval interval = Bootstrap.ofMean(values, 0.95, 1);
    assertThat(interval.low()).isCloseTo(mean - 1.96 * error, within(0.15 * error));
    assertThat(interval.high()).isCloseTo(mean + 1.96 * error, within(0.15 * error));
  }

  @Test
  void repeatsWithItsSeedAndRefusesNothing() {
    double[] values = {1, 2, 3, 4};
    assertThat(Bootstrap.ofMean(values, 0.9, 5)).isEqualTo(Bootstrap.ofMean(values, 0.9, 5));
    assertThat(Bootstrap.ofMean(new double[] {2}, 0.9, 5)).isEqualTo(new Interval(2, 2, 0.9));
    assertThatIllegalArgumentException().isThrownBy(() -> Bootstrap.ofMean(new double[0], 0.9, 5));
    assertThatIllegalArgumentException().isThrownBy(() -> Bootstrap.ofMean(values, 1, 5));
  }
}
