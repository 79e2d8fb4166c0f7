package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;

/** A function on one activation: the open door for edits that a notebook invents. */
@FunctionalInterface
public interface Hook {
  /**
   * Returns what the forward pass goes on with, in the shape it was given.
   *
   * @param activation a private copy, in the shape of the site's axes: it may be changed in place
   *     and returned
   */
  NDArray apply(NDArray activation);
}
