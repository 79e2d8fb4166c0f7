package io.loupe.workbench.family;

import java.util.Arrays;
import java.util.List;

/**
 * Where one of our parameters stands in a checkpoint.
 *
 * @param tensor the tensor's name there
 * @param shape the shape it must have there
 * @param dimension which of its dimensions holds several parameters side by side; -1 if it holds
 *     one
 * @param from first index of ours on that dimension
 * @param to index behind our last
 * @param transposed whether it is stored [in, out] rather than [out, in]
 */
record Source(
    String tensor, List<Long> shape, int dimension, long from, long to, boolean transposed) {

  static Source of(String tensor, long... shape) {
    return new Source(tensor, Arrays.stream(shape).boxed().toList(), -1, 0, 0, false);
  }

  /** A linear layer that is stored [in, out], as GPT-2's are. */
  Source stored(boolean inOut) {
    return new Source(tensor, shape, dimension, from, to, inOut);
  }

  /** A part of a fused tensor. */
  Source part(int dimension, long from, long to) {
    return new Source(tensor, shape, dimension, from, to, transposed);
  }
}
