package io.loupe.workbench.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/** What is minimised. */
@FunctionalInterface
public interface Objective {
  /**
   * Returns the losses on a batch; their sum is minimised. Several names make several curves, e.g.
   * one a layer. Names must be the same at every step.
   *
   * @param parameters by name; differentiable, to be read and not changed
   * @param examples indices of the batch's examples
   * @param scope for what is made on the way; freed after the step
   * @return name to a scalar, in the order in which curves are shown
   */
  Map<String, NDArray> losses(Map<String, NDArray> parameters, int[] examples, NDManager scope);
}
