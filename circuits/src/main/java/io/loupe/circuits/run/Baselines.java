package io.loupe.circuits.run;

/** What every number of a circuit is held against: the whole model, and the model without edges. */
public final class Baselines {
  private Baselines() {}

  /**
   * Refuses a metric that no edge can matter to.
   *
   * @param clean the metric of the whole model, [example]
   * @param replaced with every edge replaced, [example]
   * @throws IllegalArgumentException if one is not a number, or they are the same on every example
   */
  public static void check(double[] clean, double[] replaced) {
    boolean same = true;
    for (int row = 0; row < clean.length; row++) {
      if (Double.isNaN(clean[row]) || Double.isNaN(replaced[row])) {
        throw new IllegalArgumentException(
            "The metric of example %d is not a number (NaN)".formatted(row));
      }
      same &= clean[row] == replaced[row];
    }
    if (same) {
      throw new IllegalArgumentException(
          "The metric is the same on every clean prompt and with every edge replaced (%s), so that no edge can matter to it: choose one that the corruption changes, e.g. Metrics.logitDifference, or other corruptions"
              .formatted(clean[0]));
    }
  }

  /**
   * Returns the mean difference between the whole model and the model without edges, which
   * faithfulness is a share of.
   *
   * @throws IllegalArgumentException as {@link #check}, or if the means are equal
   */
  public static double gap(double[] clean, double[] replaced) {
    check(clean, replaced);
    double gap = CircuitRuns.mean(clean) - CircuitRuns.mean(replaced);
    if (gap == 0) {
      throw new IllegalArgumentException(
          "The mean of the metric is %s on the clean prompts and with every edge replaced, so that there is nothing to recover a share of: choose a metric that the corruption lowers"
              .formatted(CircuitRuns.mean(clean)));
    }
    return gap;
  }
}
