package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;

/** Computes a layer's mixed values without its pattern. */
@FunctionalInterface
public interface StreamedAttention {
  /**
   * Attends.
   *
   * @param q queries after the rotary embedding, [batch, query, head, d_head]: those of the last
   *     columns
   * @param k all keys, [batch, key, kv_head, d_head]
   * @param v all values, as the keys
   * @return z, [batch, query, head, d_head], in the manager of the queries
   */
  NDArray z(NDArray q, NDArray k, NDArray v);
}
