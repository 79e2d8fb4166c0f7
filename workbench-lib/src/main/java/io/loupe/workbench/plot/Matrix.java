package io.loupe.workbench.plot;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A rectangular copy of a caller's numbers, [row, column]. */
final class Matrix {
  private final double[][] values;

  private Matrix(double[][] values) {
    this.values = values;
  }

  /**
   * Copies.
   *
   * @param what the values' name in the error message
   * @throws IllegalArgumentException if there is no cell, or rows differ in length
   */
  static Matrix copyOf(double[][] values, String what) {
    if (values.length == 0 || values[0].length == 0) {
      throw new IllegalArgumentException(
          "Expected %s with at least one row and one column, got %s x %s"
              .formatted(what, values.length, values.length == 0 ? 0 : values[0].length));
    }
    int columns = values[0].length;
    for (int row = 1; row < values.length; row++) {
      if (values[row].length != columns) {
        throw new IllegalArgumentException(
            "Expected every row of %s to have %s columns like row 0, got %s in row %s"
                .formatted(what, columns, values[row].length, row));
      }
    }
    return new Matrix(Arrays.stream(values).map(double[]::clone).toArray(double[][]::new));
  }

  int rows() {
    return values.length;
  }

  int columns() {
    return values[0].length;
  }

  double at(int row, int column) {
    return values[row][column];
  }

  Range range() {
    return Range.of(values);
  }

  /** Says whether any value is a finite number. */
  boolean hasFinite() {
    return Arrays.stream(values).flatMapToDouble(Arrays::stream).anyMatch(Double::isFinite);
  }

  /** Says whether no query attends to a later key: the triangle above the diagonal is 0 or NaN. */
  boolean isCausal() {
    if (rows() != columns() || rows() == 1) {
      return false;
    }
    for (int row = 0; row < rows(); row++) {
      for (int column = row + 1; column < columns(); column++) {
        if (values[row][column] != 0 && !Double.isNaN(values[row][column])) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns the labels, or the indices where there are none. */
  static List<String> labels(List<String> labels, int count, String what) {
    if (labels.isEmpty()) {
      return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }
    if (labels.size() != count) {
      throw new IllegalArgumentException(
          "Expected %s labels, one for each %s, got %s: %s"
              .formatted(count, what, labels.size(), labels));
    }
    return TokenText.visible(labels);
  }
}
