package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.HookPoint;
import java.util.Map;
import java.util.TreeMap;

/**
 * Gradients of a metric, summed over the batch, with respect to activations. As examples do not
 * influence each other, each row holds its own example's gradient.
 */
public final class Gradients implements AutoCloseable {
  private final Run run;
  private final double[] metric;
  private final TreeMap<HookPoint, NDArray> gradients;

  Gradients(Run run, double[] metric, Map<HookPoint, NDArray> gradients) {
    this.run = run;
    this.metric = metric;
    this.gradients = new TreeMap<>(gradients);
  }

  /**
   * Returns d metric / d activation in the activation's shape; not a copy. Throws {@code
   * IllegalArgumentException} naming the points that were asked for if this one was not.
   */
  public NDArray at(HookPoint point) {
    NDArray gradient = gradients.get(point);
    if (gradient == null) {
      throw new IllegalArgumentException(
          "No gradient was asked for at " + point + "; there are those at " + gradients.keySet());
    }
    return gradient;
  }

  /**
   * Returns the run in which they were computed; it captured the activations at the same points.
   */
  public Run run() {
    return run;
  }

  /** Returns the metric for each example, [batch]. */
  public double[] metric() {
    return metric.clone();
  }

  /** Frees the gradients and the run. */
  @Override
  public void close() {
    gradients.values().forEach(NDArray::close);
    run.close();
  }
}
