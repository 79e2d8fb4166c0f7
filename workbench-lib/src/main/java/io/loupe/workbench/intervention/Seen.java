package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.HookPoint;

/** What points earlier in the same pass had, for interventions that read them. */
public interface Seen {
  /**
   * Returns the activation that the pass went on with at a point; must not be changed.
   *
   * @param frame the columns that the pass computes
   */
  NDArray at(HookPoint point, Frame frame);
}
