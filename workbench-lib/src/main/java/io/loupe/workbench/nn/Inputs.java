package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.text.Tokens;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * A batch of tokens as the forward pass needs it.
 *
 * @param ids [batch, pos], int64
 * @param positions [batch or 1, pos], int64: each token's position among its row's own tokens
 * @param mask [batch or 1, 1, query, key]: 0 where a query sees a key, else negative infinity
 */
record Inputs(NDArray ids, NDArray positions, NDArray mask) {

  /** Lays tokens out for a model; everything belongs to the given manager. */
  static Inputs of(Tokens tokens, MaskRule rule, NDManager manager, DataType type) {
    int length = tokens.length();
    long rows =
        tokens.isPadded()
            ? tokens.batch()
            : 1; // without padding, all rows have the same positions and mask
    LongBuffer ids = LongBuffer.allocate(tokens.batch() * length);
    for (long[] row : tokens.ids()) {
      ids.put(row);
    }
    LongBuffer positions = LongBuffer.allocate((int) rows * length);
    double[] mask = new double[(int) rows * length * length];
    for (int row = 0; row < rows; row++) {
      long position = 0;
      for (int column = 0; column < length; column++) {
        positions.put(position);
        position += tokens.isToken(row, column) ? 1 : 0;
      }
      fillMask(mask, row, tokens, rule);
    }
    return new Inputs(
        manager.create(ids.flip(), new Shape(tokens.batch(), length), DataType.INT64),
        manager.create(positions.flip(), new Shape(rows, length), DataType.INT64),
        floating(manager, mask, new Shape(rows, 1, length, length), type));
  }

  /**
   * A query never sees padding; padding sees itself alone, so that its rows stay finite and reach
   * nothing else.
   */
  private static void fillMask(double[] mask, int row, Tokens tokens, MaskRule rule) {
    int length = tokens.length();
    for (int query = 0; query < length; query++) {
      int offset = (row * length + query) * length;
      for (int key = 0; key < length; key++) {
        boolean bothTokens = tokens.isToken(row, query) && tokens.isToken(row, key);
        boolean visible = bothTokens ? rule.sees(query, key) : query == key;
        mask[offset + key] = visible ? 0 : Double.NEGATIVE_INFINITY;
      }
    }
  }

  static NDArray floating(NDManager manager, double[] values, Shape shape, DataType type) {
    if (type == DataType.FLOAT64) {
      return manager.create(DoubleBuffer.wrap(values), shape, type);
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    return manager.create(FloatBuffer.wrap(narrow), shape, DataType.FLOAT32);
  }
}
