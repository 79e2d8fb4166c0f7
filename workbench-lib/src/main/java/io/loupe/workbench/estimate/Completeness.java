package io.loupe.workbench.estimate;

/**
 * Whether attributions add up (Sundararajan et al. 2017): integrated gradients of a whole
 * activation sum to what patching it does to the metric.
 *
 * @param where whose attributions were summed
 * @param attributed their sum, mean over examples
 * @param difference what patching it does, mean over examples
 */
public record Completeness(String where, double attributed, double difference) {
  /** Returns the error as a share of the difference. */
  public double error() {
    double error = Math.abs(attributed - difference);
    return error == 0 ? 0 : error / Math.abs(difference);
  }

  @Override
  public String toString() {
    return "%s: sum %.6g of %.6g, error %.2g %%"
        .formatted(where, attributed, difference, 100 * error());
  }
}
