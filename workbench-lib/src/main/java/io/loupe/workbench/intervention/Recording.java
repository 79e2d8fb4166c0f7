package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.text.Tokens;

/** Activations of an earlier run, to patch, average or resample from. */
public interface Recording {
  /**
   * Returns the activation at a point; throws {@code IllegalArgumentException} if that point was
   * not captured.
   */
  NDArray get(HookPoint point);

  /** Returns the tokens of that run. */
  Tokens tokens();
}
