package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.text.Tokens;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A batch of tokens as the forward pass needs it. The pass computes the columns from one on; those
 * before it are seen as keys only, which an earlier pass left in a cache. This is the one place
 * where padding is dealt with.
 */
final class Inputs {
  private final Tokens tokens;
  private final int from;
  private final int rows; // without padding, all rows have the same positions and masks: 1
  private final long[][] positions; // [rows][column]
  private final NDManager manager;
  private final DataType type;
  private final Map<MaskSpec, NDArray> masks = new HashMap<>();
  private final Map<PositionSpec.Rotary, Rotary> rotaries = new HashMap<>();
  private @Nullable NDArray alibi;

  /**
   * Lays tokens out for a model.
   *
   * @param from the first column to compute
   * @param manager owns what is made
   */
  Inputs(Tokens tokens, int from, NDManager manager, DataType type) {
    this.tokens = tokens;
    this.from = from;
    this.rows = tokens.isPadded() ? tokens.batch() : 1;
    this.manager = manager;
    this.type = type;
    this.positions = new long[rows][tokens.length()];
    for (int row = 0; row < rows; row++) {
      long position = 0;
      for (int column = 0; column < tokens.length(); column++) {
        positions[row][column] = position;
        position += tokens.isToken(row, column) ? 1 : 0;
      }
    }
  }

  /** Returns the same tokens, of which only the last column is computed. */
  Inputs lastColumn() {
    return new Inputs(tokens, tokens.length() - 1, manager, type);
  }

  /** Returns the tokens' ids, [batch, pos], int64. */
  NDArray ids() {
    int columns = tokens.length() - from;
    LongBuffer ids = LongBuffer.allocate(tokens.batch() * columns);
    for (long[] row : tokens.ids()) {
      ids.put(row, from, columns);
    }
    return manager.create(ids.flip(), new Shape(tokens.batch(), columns), DataType.INT64);
  }

  /** Returns each token's position among its row's own tokens, [batch or 1, pos], int64. */
  NDArray positions() {
    int columns = tokens.length() - from;
    LongBuffer buffer = LongBuffer.allocate(rows * columns);
    for (long[] row : positions) {
      buffer.put(row, from, columns);
    }
    return manager.create(buffer.flip(), new Shape(rows, columns), DataType.INT64);
  }

  /** Returns [batch or 1, 1, query, key]: 0 where a query sees a key, else negative infinity. */
  NDArray mask(MaskSpec spec) {
    return masks.computeIfAbsent(spec, this::newMask);
  }

  /** Returns the angles of the computed columns. */
  Rotary rotary(PositionSpec.Rotary spec) {
    return rotaries.computeIfAbsent(spec, this::newRotary);
  }

  /** Returns ALiBi's term, [batch or 1, head, query, key]: minus slope times distance. */
  NDArray alibi(int heads) {
    if (alibi == null) {
      alibi = newAlibi(heads);
    }
    return alibi;
  }

  private NDArray newAlibi(int heads) {
    double[] slopes = PositionSpec.Alibi.slopes(heads);
    int keys = tokens.length();
    int queries = keys - from;
    double[] bias = new double[rows * heads * queries * keys];
    int i = 0;
    for (int row = 0; row < rows; row++) {
      for (double slope : slopes) {
        for (int query = from; query < keys; query++) {
          for (int key = 0; key < keys; key++) {
            bias[i++] = slope * (positions[row][key] - positions[row][query]);
          }
        }
      }
    }
    return floating(bias, new Shape(rows, heads, queries, keys));
  }

  /**
   * A query never sees padding; padding sees itself alone, so that its rows stay finite and reach
   * nothing else.
   */
  private NDArray newMask(MaskSpec spec) {
    int keys = tokens.length();
    double[] mask = new double[rows * (keys - from) * keys];
    int i = 0;
    for (int row = 0; row < rows; row++) {
      for (int query = from; query < keys; query++) {
        boolean isToken = tokens.isToken(row, query);
        for (int key = 0; key < keys; key++) {
          boolean visible =
              isToken && tokens.isToken(row, key)
                  ? spec.sees(positions[row][query], positions[row][key])
                  : query == key;
          mask[i++] = visible ? 0 : Double.NEGATIVE_INFINITY;
        }
      }
    }
    return floating(mask, new Shape(rows, 1, keys - from, keys));
  }

  private Rotary newRotary(PositionSpec.Rotary spec) {
    int half = spec.dimensions() / 2;
    int columns = tokens.length() - from;
    double factor = spec.scaling().attentionFactor();
    double[] cos = new double[rows * columns * half];
    double[] sin = new double[cos.length];
    int i = 0;
    for (int row = 0; row < rows; row++) {
      double[] frequencies =
          spec.scaling().frequencies(spec.dimensions(), spec.base(), tokens.length(row));
      for (int column = from; column < tokens.length(); column++) {
        for (double frequency : frequencies) {
          cos[i] = Math.cos(positions[row][column] * frequency) * factor;
          sin[i++] = Math.sin(positions[row][column] * frequency) * factor;
        }
      }
    }
    Shape shape = new Shape(rows, columns, 1, half);
    return new Rotary(
        spec.dimensions(), spec.pairing(), floating(cos, shape), floating(sin, shape));
  }

  private NDArray floating(double[] values, Shape shape) {
    if (type == DataType.FLOAT64) {
      return manager.create(DoubleBuffer.wrap(values), shape, type);
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    NDArray array = manager.create(FloatBuffer.wrap(narrow), shape, DataType.FLOAT32);
    return type == DataType.FLOAT32 ? array : array.toType(type, false);
  }
}
