package io.loupe.workbench.stats;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;

/**
 * How far two lists of numbers agree, from -1 to 1. A list whose values are all equal agrees with
 * nothing: the result is NaN.
 */
public final class Correlation {
  private Correlation() {}

  /** Returns Pearson's r: how close the pairs lie to a straight line. */
  public static double pearson(double[] a, double[] b) {
    check(a, b);
    double meanA = Arrays.stream(a).average().orElseThrow();
    double meanB = Arrays.stream(b).average().orElseThrow();
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (a[i] - meanA) * (b[i] - meanB);
      aa += (a[i] - meanA) * (a[i] - meanA);
      bb += (b[i] - meanB) * (b[i] - meanB);
    }
    // rounding of the mean must not make a constant list vary
    if (constant(a) || constant(b)) {
      return Double.NaN;
    }
    return Math.max(-1, Math.min(1, ab / (Math.sqrt(aa) * Math.sqrt(bb))));
  }

  /** Returns Spearman's rho (1904): Pearson's r of the ranks; ties share their average rank. */
  public static double spearman(double[] a, double[] b) {
    check(a, b);
    return pearson(ranks(a), ranks(b));
  }

  /**
   * Returns Kendall's tau-b (1945): concordant minus discordant pairs, over the geometric mean of
   * the pairs that are not tied in one list and in the other. Takes n log n steps (Knight 1966).
   */
  public static double kendall(double[] a, double[] b) {
    check(a, b);
    int[] order =
        IntStream.range(0, a.length)
            .boxed()
            .sorted(
                Comparator.comparingDouble((Integer i) -> positive(a[i]))
                    .thenComparingDouble(i -> positive(b[i])))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] byA = Arrays.stream(order).mapToDouble(i -> positive(b[i])).toArray();
    long tiedInBoth = 0;
    long run = 1;
    for (int i = 1; i <= order.length; i++) {
      boolean same =
          i < order.length && a[order[i]] == a[order[i - 1]] && b[order[i]] == b[order[i - 1]];
      tiedInBoth += same ? 0 : run * (run - 1) / 2;
      run = same ? run + 1 : 1;
    }
    long pairs = (long) a.length * (a.length - 1) / 2;
    long tiedInA = tied(a);
    long tiedInB = tied(b);
    long discordant = sortCounting(byA, new double[byA.length], 0, byA.length);
    double difference = pairs - tiedInA - tiedInB + tiedInBoth - 2.0 * discordant;
    return difference / Math.sqrt(pairs - tiedInA) / Math.sqrt(pairs - tiedInB);
  }

  /** Returns ranks from 1 on, ascending; equal values share the average of their ranks. */
  public static double[] ranks(double[] values) {
    Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingDouble(i -> positive(values[i])));
    double[] ranks = new double[values.length];
    int from = 0;
    while (from < order.length) {
      int to = from + 1;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }

  /**
   * Returns a bootstrap interval of a correlation over pairs, from 2,000 resamples; those in which
   * it is not defined are left out.
   *
   * @param correlation e.g. {@code Correlation::spearman}
   * @param level between 0 and 1
   */
  public static Interval interval(
      double[] a,
      double[] b,
      ToDoubleBiFunction<double[], double[]> correlation,
      double level,
      long seed) {
    check(a, b);
    return Bootstrap.of(
        a.length,
        drawn ->
            correlation.applyAsDouble(
                Arrays.stream(drawn).mapToDouble(i -> a[i]).toArray(),
                Arrays.stream(drawn).mapToDouble(i -> b[i]).toArray()),
        level,
        seed);
  }

  private static long tied(double[] values) {
    double[] sorted = Arrays.stream(values).map(Correlation::positive).sorted().toArray();
    long tied = 0;
    long run = 1;
    for (int i = 1; i <= sorted.length; i++) {
      boolean same = i < sorted.length && sorted[i] == sorted[i - 1];
      tied += same ? 0 : run * (run - 1) / 2;
      run = same ? run + 1 : 1;
    }
    return tied;
  }

  /** Sorts a range by merging and returns how many pairs stood the wrong way round. */
  private static long sortCounting(double[] values, double[] spare, int from, int to) {
    if (to - from < 2) {
      return 0;
    }
    int middle = (from + to) >>> 1;
    long swaps =
        sortCounting(values, spare, from, middle) + sortCounting(values, spare, middle, to);
    System.arraycopy(values, from, spare, from, to - from);
    int left = from;
    int right = middle;
    for (int i = from; i < to; i++) {
      if (left < middle && (right >= to || spare[left] <= spare[right])) {
        values[i] = spare[left++];
      } else {
        swaps += middle - left;
        values[i] = spare[right++];
      }
    }
    return swaps;
  }

  /** Makes -0 equal to 0, which the order of doubles sets apart. */
  private static double positive(double value) {
    return value == 0 ? 0.0 : value;
  }

  private static boolean constant(double[] values) {
    return Arrays.stream(values).allMatch(value -> value == values[0]);
  }

  private static void check(double[] a, double[] b) {
    if (a.length != b.length || a.length < 2) {
      throw new IllegalArgumentException(
          "A correlation needs two lists of equal length, at least 2; got %d and %d"
              .formatted(a.length, b.length));
    }
    for (int i = 0; i < a.length; i++) {
      if (Double.isNaN(a[i]) || Double.isNaN(b[i])) {
        throw new IllegalArgumentException(
            "Value %d is not a number (NaN): leave pairs without values out".formatted(i));
      }
    }
  }
}
