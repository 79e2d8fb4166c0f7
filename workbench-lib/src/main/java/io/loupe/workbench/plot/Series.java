package io.loupe.workbench.plot;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A named run of numbers with an interval around each one, or without. Copies its arrays. */
final class Series {
  private final String name;
  private final double[] x;
  private final double[] y;
  private final double @Nullable [] low;
  private final double @Nullable [] high;

  Series(String name, double[] x, double[] y, double @Nullable [] low, double @Nullable [] high) {
    if (y.length == 0) {
      throw new IllegalArgumentException("Expected at least one value in '" + name + "', got none");
    }
    checkLength(name, "x values", x, y);
    checkLength(name, "lower ends", low, y);
    checkLength(name, "upper ends", high, y);
    this.name = name;
    this.x = x.clone();
    this.y = y.clone();
    this.low = low == null ? null : low.clone();
    this.high = high == null ? null : high.clone();
    checkIntervals();
  }

  private static void checkLength(
      String name, String what, double @Nullable [] values, double[] y) {
    if (values != null && values.length != y.length) {
      throw new IllegalArgumentException(
          "Expected %s %s, one for each y value of '%s', got %s"
              .formatted(y.length, what, name, values.length));
    }
  }

  private void checkIntervals() {
    if (low == null || high == null) {
      return;
    }
    for (int i = 0; i < low.length; i++) {
      if (low[i] > high[i]) {
        throw new IllegalArgumentException(
            "Expected the lower end below the upper end, got %s and %s at index %s of '%s'"
                .formatted(low[i], high[i], i, name));
      }
    }
  }

  String name() {
    return name;
  }

  int size() {
    return y.length;
  }

  /** Returns a copy. */
  double[] x() {
    return x.clone();
  }

  /** Returns a copy. */
  double[] y() {
    return y.clone();
  }

  boolean hasInterval() {
    return low != null && high != null;
  }

  double low(int index) {
    return low == null ? y[index] : low[index];
  }

  double high(int index) {
    return high == null ? y[index] : high[index];
  }

  /** Returns every finite y value and interval end. */
  DoubleStream heights() {
    DoubleStream ends =
        low == null || high == null
            ? DoubleStream.empty()
            : DoubleStream.concat(Arrays.stream(low), Arrays.stream(high));
    return DoubleStream.concat(Arrays.stream(y), ends).filter(Double::isFinite);
  }

  /**
   * Returns the list with one more.
   *
   * @throws IllegalArgumentException if the name is there already or empty
   */
  static List<Series> plus(List<Series> all, Series more) {
    Set<String> names = new HashSet<>();
    all.forEach(series -> names.add(series.name));
    if (more.name.isBlank() || names.contains(more.name)) {
      throw new IllegalArgumentException(
          "Expected a name that is not empty and not one of %s, got '%s'"
              .formatted(all.stream().map(Series::name).toList(), more.name));
    }
    return Stream.concat(all.stream(), Stream.of(more)).toList();
  }

  /** Returns 0, 1, 2, ... */
  static double[] indices(int count) {
    return IntStream.range(0, count).asDoubleStream().toArray();
  }
}
