package io.loupe.workbench.plot;

import io.loupe.workbench.display.Numbers;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Round numbers that divide a range.
 *
 * @param values in increasing order, within the range
 * @param labels as many, with the same number of decimals
 */
record Ticks(List<Double> values, List<String> labels) {
  /** Returns at most {@code most} ticks, at steps of 1, 2 or 5 times a power of ten. */
  static Ticks in(Range range, int most) {
    double step = step((range.max() - range.min()) / Math.max(1, most - 1));
    double slack = 1e-9;
    long first = (long) Math.ceil(range.min() / step - slack);
    long last = (long) Math.floor(range.max() / step + slack);
    List<Double> values =
        LongStream.rangeClosed(first, last).mapToObj(i -> (double) i * step).toList();
    return new Ticks(values, values.stream().map(v -> label(v, step)).toList());
  }

  /** Returns the smallest of 1, 2, 5, 10, 20, ... that is at least the given number. */
  static int stride(double atLeast) {
    return atLeast <= 1 ? 1 : (int) Math.round(step(atLeast));
  }

  private static double step(double atLeast) {
    double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
    for (int factor : new int[] {1, 2, 5}) {
      if (factor * power >= atLeast * (1 - 1e-9)) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static String label(double value, double step) {
    int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    boolean plain = decimals <= 4 && Math.abs(value) < 1e6;
    return plain ? Numbers.fixed(value, decimals) : Numbers.format(value);
  }
}
