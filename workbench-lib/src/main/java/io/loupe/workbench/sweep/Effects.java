package io.loupe.workbench.sweep;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Arithmetic on one value for each example. */
final class Effects {
  private Effects() {}

  static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  static double[] minus(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] - b[i]).toArray();
  }

  static double[] plus(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] + b[i]).toArray();
  }
}
