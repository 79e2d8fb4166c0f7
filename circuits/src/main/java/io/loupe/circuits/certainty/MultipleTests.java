package io.loupe.circuits.certainty;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Corrections of p-values for how many tests were made. */
public final class MultipleTests {
  private MultipleTests() {}

  /**
   * Returns adjusted p-values such that rejecting those up to a level makes one false rejection or
   * more with at most that probability, however the tests depend on each other (Holm 1979).
   *
   * @param p each from 0 to 1
   * @return in the same order
   */
  public static double[] holm(double[] p) {
    int[] ascending = ascending(p);
    double[] adjusted = new double[p.length];
    double largest = 0;
    for (int rank = 0; rank < p.length; rank++) {
      largest = Math.max(largest, Math.min(1, (p.length - rank) * p[ascending[rank]]));
      adjusted[ascending[rank]] = largest;
    }
    return adjusted;
  }

  /**
   * Returns adjusted p-values such that of those up to a level at most this share is falsely
   * rejected in expectation, for tests that are independent or positively dependent (Benjamini and
   * Hochberg 1995).
   *
   * @param p each from 0 to 1
   * @return in the same order
   */
  public static double[] benjaminiHochberg(double[] p) {
    int[] ascending = ascending(p);
    double[] adjusted = new double[p.length];
    double smallest = 1;
    for (int rank = p.length - 1; rank >= 0; rank--) {
      smallest = Math.min(smallest, p[ascending[rank]] * p.length / (rank + 1));
      adjusted[ascending[rank]] = smallest;
    }
    return adjusted;
  }

  private static int[] ascending(double[] p) {
    for (double one : p) {
      if (!(one >= 0 && one <= 1)) {
        throw new IllegalArgumentException(
            "A p-value is from 0 to 1; got %s in %s".formatted(one, Arrays.toString(p)));
      }
    }
    return IntStream.range(0, p.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> p[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
