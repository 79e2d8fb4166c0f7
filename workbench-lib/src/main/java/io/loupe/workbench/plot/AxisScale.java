package io.loupe.workbench.plot;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/**
 * The numbers at the ends of an axis.
 *
 * @param range all data are in it
 * @param log whether equal distances are equal ratios
 */
record AxisScale(Range range, boolean log) {
  /** Returns an axis for data; NaN and infinite ones do not count. */
  static AxisScale of(DoubleStream data, boolean log) {
    double[] finite = data.filter(Double::isFinite).toArray();
    if (finite.length == 0) {
      return new AxisScale(log ? new Range(1, 10) : new Range(0, 1), log);
    }
    double min = Arrays.stream(finite).min().orElseThrow();
    double max = Arrays.stream(finite).max().orElseThrow();
    return new AxisScale(log ? decades(min, max) : widened(min, max), log);
  }

  /** Where a value is between the ends: 0 at the lower one, 1 at the upper one. */
  double fraction(double value) {
    double from = place(range.min());
    return (place(value) - from) / (place(range.max()) - from);
  }

  private double place(double value) {
    return log ? Math.log10(value) : value;
  }

  private static Range widened(double min, double max) {
    if (min < max) {
      return new Range(min, max);
    }
    double room = min == 0 ? 1 : Math.abs(min) / 2;
    return new Range(min - room, max + room);
  }

  /** Whole decades where the data hold fewer than two powers of ten: XChart labels only those. */
  private static Range decades(double min, double max) {
    double low = Math.log10(min);
    double high = Math.log10(max);
    if (Math.floor(high) - Math.ceil(low) >= 1) {
      return new Range(min, max);
    }
    double from = Math.floor(low);
    return new Range(Math.pow(10, from), Math.pow(10, Math.max(Math.ceil(high), from + 1)));
  }
}
