package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.LongBuffer;

/** Minus the logarithm of the probability that a model gives to what it should say. */
final class CrossEntropy {
  private CrossEntropy() {}

  /**
   * Returns the mean over all targets, one number in nats.
   *
   * @param logits [batch, pos, vocab]
   * @param targets [batch][pos], {@link TrainingBatch#NONE} for none
   */
  static NDArray mean(NDArray logits, int[][] targets) {
    int columns = targets[0].length;
    int cells = targets.length * columns;
    long[] ids = new long[cells];
    double[] weights = new double[cells];
    int asked = 0;
    for (int[] row : targets) {
      for (int target : row) {
        asked += target == TrainingBatch.NONE ? 0 : 1;
      }
    }
    for (int i = 0; i < cells; i++) {
      int target = targets[i / columns][i % columns];
      ids[i] = Math.max(0, target);
      weights[i] = target == TrainingBatch.NONE ? 0 : 1.0 / asked;
    }
    NDManager manager = logits.getManager();
    NDArray index =
        manager.create(LongBuffer.wrap(ids), new Shape(targets.length, columns, 1), DataType.INT64);
    return logits
        .logSoftmax(-1)
        .gather(index, 2)
        .squeeze(2)
        .mul(SquaredError.floating(logits, weights, new Shape(targets.length, columns)))
        .sum()
        .neg();
  }
}
