package io.loupe.workbench.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/** What is minimised. */
@FunctionalInterface
public interface Objective {
  /**
   * Computes the losses on a batch; their sum is minimised. Several names make several curves, e.g.
   * one a layer.
   *
   * @param parameters by name; differentiable, to be read and not changed
   * @param examples indices of the batch's examples
   * @param scope for what is made on the way; freed after the step
   * @param losses takes each loss
   */
  void compute(Map<String, NDArray> parameters, int[] examples, NDManager scope, Losses losses);

  /** Takes losses, the same names at every step. */
  interface Losses {
    /**
     * Takes one loss and computes its gradients at once, so that what led to it can be freed before
     * the next is computed.
     *
     * @param loss one number
     */
    void add(String name, NDArray loss);

    /**
     * Takes losses that come from one pass, and computes the gradients of their sum.
     *
     * @param losses one number each, by name
     */
    void addTogether(Map<String, NDArray> losses);
  }
}
