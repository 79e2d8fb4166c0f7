package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;

/** Keys and values of columns that this pass does not compute, and that its queries see. */
interface Past {
  /** Returns the number of columns before those that the pass computes. */
  int length();

  /** Returns all keys of a layer, [batch, key, kv_head, d_head], the new ones at the end. */
  NDArray keys(int layer, NDArray newest);

  /** Returns all values of a layer, the new ones at the end. */
  NDArray values(int layer, NDArray newest);
}
