package io.loupe.workbench.plot;

/**
 * What the axes of a chart say.
 *
 * @param xLabel empty for none
 * @param yLabel empty for none
 * @param logX whether the x axis is logarithmic
 * @param logY whether the y axis is logarithmic
 */
record Axes(String xLabel, String yLabel, boolean logX, boolean logY) {
  static final Axes PLAIN = new Axes("", "", false, false);

  Axes withX(String label) {
    return new Axes(label, yLabel, logX, logY);
  }

  Axes withY(String label) {
    return new Axes(xLabel, label, logX, logY);
  }

  Axes withLog(boolean x, boolean y) {
    return new Axes(xLabel, yLabel, x, y);
  }

  /** Throws if a series cannot be drawn on a logarithmic axis. */
  void check(Series series) {
    if (logX) {
      checkPositive("x", series.name(), series.x());
    }
    if (logY) {
      checkPositive("y", series.name(), series.heights().toArray());
    }
  }

  private static void checkPositive(String axis, String name, double[] values) {
    for (double value : values) {
      if (value <= 0) {
        throw new IllegalArgumentException(
            "Expected positive numbers on the logarithmic %s axis, got %s in '%s'"
                .formatted(axis, value, name));
      }
    }
  }
}
