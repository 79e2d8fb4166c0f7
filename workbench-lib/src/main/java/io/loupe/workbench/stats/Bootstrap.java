package io.loupe.workbench.stats;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

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
    return of(values.length, drawn -> mean(values, drawn), level, seed);
  }

  /**
   * Returns a confidence interval of any statistic of a sample, from 2,000 resamples with
   * replacement; those for which it is not a number are left out. NaN at both ends if it never is.
   *
   * @param size of the sample
   * @param statistic from the drawn indices, 0 to size - 1, as many as the sample has
   * @param level between 0 and 1
   * @param seed the same seed gives the same interval
   */
  public static Interval of(int size, ToDoubleFunction<int[]> statistic, double level, long seed) {
    if (size < 1 || level <= 0 || level >= 1) {
      throw new IllegalArgumentException(
          "Expected at least one value and a level between 0 and 1; got %d values, level %s"
              .formatted(size, level));
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[RESAMPLES];
    int[] drawn = new int[size];
    for (int resample = 0; resample < RESAMPLES; resample++) {
      Arrays.setAll(drawn, i -> random.nextInt(size));
      values[resample] = statistic.applyAsDouble(drawn);
    }
    values = Arrays.stream(values).filter(value -> !Double.isNaN(value)).sorted().toArray();
    if (values.length == 0) {
      return new Interval(Double.NaN, Double.NaN, level);
    }
    double tail = (1 - level) / 2;
    return new Interval(quantile(values, tail), quantile(values, 1 - tail), level);
  }

  private static double mean(double[] values, int[] drawn) {
    double sum = 0;
    for (int i : drawn) {
      sum += values[i];
    }
    return sum / drawn.length;
  }

  /** Returns a quantile of ascending values, between neighbours linearly. */
  static double quantile(double[] ascending, double q) {
    double place = q * (ascending.length - 1);
    int below = (int) Math.floor(place);
    int above = Math.min(below + 1, ascending.length - 1);
    return ascending[below] + (place - below) * (ascending[above] - ascending[below]);
  }
}
