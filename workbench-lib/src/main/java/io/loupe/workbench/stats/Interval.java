package io.loupe.workbench.stats;

/**
 * A confidence interval.
 *
 * @param low its lower end
 * @param high its upper end
 * @param level the confidence, e.g. 0.95
 */
public record Interval(double low, double high, double level) {
  @Override
  public String toString() {
    return "[%.4g, %.4g]".formatted(low, high);
  }
}
