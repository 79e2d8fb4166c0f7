package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.tensor.Tensors;

/** Refuses scores and masks that leave a query nothing to attend to, of which NaN would come. */
final class VisibleKeys {
  private VisibleKeys() {}

  /**
   * Checks that every query sees a key.
   *
   * @param edited scores or mask, [batch, head, query, key]
   */
  static void require(NDArray edited, Frame frame, Intervention intervention) {
    try (NDManager scope = edited.getManager().newSubManager()) {
      NDArray own = edited.stopGradient();
      own.attach(scope);
      NDArray best = own.max(new int[] {3}); // [batch, head, query]
      NDArray blind = best.eq(Double.NEGATIVE_INFINITY);
      if (!blind.any().getBoolean()) {
        return;
      }
      long[] shape = best.getShape().getShape();
      double[] values = Tensors.doubles(best);
      for (int i = 0; i < values.length; i++) {
        if (values[i] == Double.NEGATIVE_INFINITY) {
          throw refusal(i, shape, frame, intervention);
        }
      }
    }
  }

  private static IllegalArgumentException refusal(
      int index, long[] shape, Frame frame, Intervention intervention) {
    int row = (int) (index / shape[1] / shape[2]);
    long head = index / shape[2] % shape[1];
    int column = (int) (index % shape[2]) + frame.from();
    int position = Positions.ofColumns(frame.tokens(), row)[column];
    return new IllegalArgumentException(
        "%s leaves the query at position %d of row %d (head %d) no key to see: leave it one, or take that query out of the slice"
            .formatted(intervention, position, row, head));
  }
}
