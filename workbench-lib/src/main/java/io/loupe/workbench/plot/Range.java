package io.loupe.workbench.plot;

import java.util.Arrays;

/**
 * The values at the two ends of a colour scale or an axis.
 *
 * @param min a finite number
 * @param max a finite number above {@code min}
 */
public record Range(double min, double max) {
  public Range {
    if (!Double.isFinite(min) || !Double.isFinite(max) || min >= max) {
      throw new IllegalArgumentException(
          "Expected a finite minimum below a finite maximum, got %s and %s".formatted(min, max));
    }
  }

  /**
   * Returns the smallest range that holds every finite value of all matrices. Where all values are
   * equal it reaches from zero to that value, and it is 0 to 1 where there is none or all are zero.
   */
  public static Range of(double[][]... matrices) {
    double[] finite =
        Arrays.stream(matrices)
            .flatMap(Arrays::stream)
            .flatMapToDouble(Arrays::stream)
            .filter(Double::isFinite)
            .toArray();
    double min = Arrays.stream(finite).min().orElse(0);
    double max = Arrays.stream(finite).max().orElse(0);
    if (min < max) {
      return new Range(min, max);
    }
    return min == 0 ? new Range(0, 1) : new Range(Math.min(0, min), Math.max(0, max));
  }

  /** Returns the smallest range with zero in its middle that holds this one. */
  public Range symmetric() {
    double size = Math.max(Math.abs(min), Math.abs(max));
    return new Range(-size, size);
  }

  /** Says whether there are values below zero in it. */
  public boolean hasNegative() {
    return min < 0;
  }
}
