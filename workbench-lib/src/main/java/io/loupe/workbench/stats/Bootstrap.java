package io.loupe.workbench.stats;

import java.util.Arrays;
import java.util.SplittableRandom;

/** The percentile bootstrap (Efron 1979). */
public final class Bootstrap {
  private static final int RESAMPLES = 2000;

  private Bootstrap() {}

  /**
   * Returns a confidence interval of the mean, from 2,000 resamples with replacement. With one
   * value there is nothing to resample: both ends are that value.
   *
   * @param level between 0 and 1
   * @param seed the same seed gives the same interval
   */
  public static Interval ofMean(double[] values, double level, long seed) {
    if (values.length == 0 || level <= 0 || level >= 1) {
      throw new IllegalArgumentException(
          "Expected at least one value and a level between 0 and 1; got %d values, level %s"
              .formatted(values.length, level));
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] means = new double[RESAMPLES];
    for (int resample = 0; resample < RESAMPLES; resample++) {
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += values[random.nextInt(values.length)];
      }
      means[resample] = sum / values.length;
    }
    Arrays.sort(means);
    double tail = (1 - level) / 2;
    return new Interval(quantile(means, tail), quantile(means, 1 - tail), level);
  }

  /** Returns a quantile of ascending values, between neighbours linearly. */
  static double quantile(double[] ascending, double q) {
    double place = q * (ascending.length - 1);
    int below = (int) Math.floor(place);
    int above = Math.min(below + 1, ascending.length - 1);
    return ascending[below] + (place - below) * (ascending[above] - ascending[below]);
  }
}
