package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;

/** How far a model's first logit is from the number that it should be. */
final class SquaredError {
  private SquaredError() {}

  /**
   * Returns the mean square over all numbers that are asked for.
   *
   * @param logits [batch, pos, vocab], of which id 0 is read
   * @param values [batch][pos], NaN for none
   */
  static NDArray mean(NDArray logits, double[][] values) {
    int columns = values[0].length;
    double[] wanted = new double[values.length * columns];
    double[] weights = new double[wanted.length];
    int asked = 0;
    for (int i = 0; i < wanted.length; i++) {
      double value = values[i / columns][i % columns];
      boolean none = Double.isNaN(value);
      wanted[i] = none ? 0 : value;
      weights[i] = none ? 0 : 1;
      asked += none ? 0 : 1;
    }
    Shape shape = new Shape(values.length, columns);
    NDArray error = logits.get("..., 0").sub(floating(logits, wanted, shape));
    return error.mul(error).mul(floating(logits, weights, shape)).sum().div(asked);
  }

  /** An array beside the logits, of their type. */
  static NDArray floating(NDArray logits, double[] values, Shape shape) {
    NDManager manager = logits.getManager();
    if (logits.getDataType() == DataType.FLOAT64) {
      return manager.create(DoubleBuffer.wrap(values), shape, DataType.FLOAT64);
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    return manager.create(FloatBuffer.wrap(narrow), shape, DataType.FLOAT32);
  }
}
