package io.loupe.workbench.capture;

/** What statistics are for a query that sees no key. */
final class OfEmptyRow {
  private OfEmptyRow() {}

  static double value(Statistic statistic) {
    if (statistic.equals(Statistic.LOG_SUM_EXP)) {
      return Double.NEGATIVE_INFINITY;
    }
    boolean undefined =
        statistic.equals(Statistic.MAX_KEY)
            || statistic.equals(Statistic.DISTANCE)
            || statistic instanceof Statistic.WindowedDistance;
    return undefined ? Double.NaN : 0;
  }
}
