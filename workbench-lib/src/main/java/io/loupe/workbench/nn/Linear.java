package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * An affine map of the last dimension.
 *
 * @param weight [out, in]
 * @param bias [out], or null for none
 */
record Linear(NDArray weight, @Nullable NDArray bias) {
  /** Maps [..., in] to [..., out]. */
  NDArray apply(NDArray x) {
    return x.getNDArrayInternal().linear(x, weight, bias).singletonOrThrow();
  }
}
