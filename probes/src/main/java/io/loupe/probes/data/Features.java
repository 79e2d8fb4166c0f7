package io.loupe.probes.data;

import java.util.Arrays;
import java.util.Random;

/**
 * A matrix of features, one row for each example, as one array in row-major order. The array is
 * kept and not copied: features are the largest thing that a probe needs, so hand it over and leave
 * it alone.
 */
public final class Features {
  private final float[] values;
  private final int rows;
  private final int columns;

  private Features(float[] values, int rows, int columns) {
    this.values = values;
    this.rows = rows;
    this.columns = columns;
  }

  /**
   * Makes features of an array, which is kept.
   *
   * @param values [row][column] in row-major order
   * @param columns how many features an example has
   * @throws IllegalArgumentException if there is no row, or the last one is not full
   */
  public static Features of(float[] values, int columns) {
    if (columns < 1 || values.length == 0 || values.length % columns != 0) {
      throw new IllegalArgumentException(
          "Expected rows of %d features each, at least one; got %d values"
              .formatted(columns, values.length));
    }
    return new Features(values, values.length / columns, columns);
  }

  /**
   * Makes features of rows, which are copied.
   *
   * @param rows [row][column], all of one length
   */
  public static Features of(float[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    float[] values = new float[rows.length * columns];
    for (int row = 0; row < rows.length; row++) {
      requireLength(rows[row].length, columns, row);
      System.arraycopy(rows[row], 0, values, row * columns, columns);
    }
    return of(values, columns);
  }

  /**
   * Makes features of rows, rounded to float32.
   *
   * @param rows [row][column], all of one length
   */
  public static Features of(double[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    float[] values = new float[rows.length * columns];
    for (int row = 0; row < rows.length; row++) {
      requireLength(rows[row].length, columns, row);
      for (int column = 0; column < columns; column++) {
        values[row * columns + column] = (float) rows[row][column];
      }
    }
    return of(values, columns);
  }

  private static void requireLength(int length, int expected, int row) {
    if (length != expected) {
      throw new IllegalArgumentException(
          "Row 0 has %d features, row %d has %d".formatted(expected, row, length));
    }
  }

  /**
   * Returns features that know nothing: independent normal numbers. What a probe reaches on them it
   * owes to its labels alone.
   */
  public static Features random(int rows, int columns, long seed) {
    Random random = new Random(seed);
    float[] values = new float[Math.multiplyExact(rows, columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return of(values, columns);
  }

  /** Returns the number of examples. */
  public int rows() {
    return rows;
  }

  /** Returns how many features an example has. */
  public int columns() {
    return columns;
  }

  /** Returns the array itself, row-major: to be read and not changed. */
  public float[] values() {
    return values;
  }

  /** Returns one feature of one example. */
  public float at(int row, int column) {
    return values[row * columns + column];
  }

  /** Returns a copy of one example's features. */
  public float[] row(int row) {
    return Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
  }

  /** Returns a copy of some rows, in the order in which they are named. */
  public Features rows(int[] chosen) {
    float[] some = new float[chosen.length * columns];
    for (int i = 0; i < chosen.length; i++) {
      System.arraycopy(values, chosen[i] * columns, some, i * columns, columns);
    }
    return of(some, columns);
  }

  /**
   * Refuses features that are not finite.
   *
   * @param where what they are of, for the message
   * @throws IllegalArgumentException naming the first such feature
   */
  public void requireFinite(Object where) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "Features of %s must be finite; feature %d of example %d is %s"
                .formatted(where, i % columns, i / columns, values[i]));
      }
    }
  }

  @Override
  public String toString() {
    return "Features[%d x %d]".formatted(rows, columns);
  }
}
