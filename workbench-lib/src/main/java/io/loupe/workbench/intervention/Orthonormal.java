package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensor.Engines;
import java.util.Arrays;

/** Makes an orthonormal basis of the span of some directions. */
final class Orthonormal {
  /** A direction is taken to lie in the span of those before if less of its length is left. */
  private static final double LEAST_SHARE = 1e-6;

  private Orthonormal() {}

  /**
   * Returns the basis, [directions, length], in float64.
   *
   * @throws IllegalArgumentException if there are none, one is zero or not a number, lengths
   *     differ, or one lies in the span of those before it
   */
  static Value basis(float[]... directions) {
    if (directions.length == 0) {
      throw new IllegalArgumentException("Name at least one direction");
    }
    int length = directions[0].length;
    double[][] basis = new double[directions.length][];
    for (int i = 0; i < directions.length; i++) {
      if (directions[i].length != length) {
        throw new IllegalArgumentException(
            "Directions are of one length; got %d and %d".formatted(length, directions[i].length));
      }
      basis[i] = perpendicular(directions[i], Arrays.copyOf(basis, i), i);
    }
    double[] flat = Arrays.stream(basis).flatMapToDouble(Arrays::stream).toArray();
    try (NDManager scope = Engines.newManager(ai.djl.Device.cpu())) {
      return Value.of(
          scope.create(flat, new Shape(directions.length, length)),
          directions.length == 1 ? "direction" : directions.length + " directions");
    }
  }

  /** Gram-Schmidt, twice, so that rounding leaves no part along the others. */
  private static double[] perpendicular(float[] direction, double[][] others, int index) {
    double[] own = new double[direction.length];
    for (int i = 0; i < own.length; i++) {
      own[i] = direction[i];
    }
    double before = norm(own);
    if (!(before > 0) || Double.isInfinite(before)) {
      throw new IllegalArgumentException(
          "Direction %d has the length %s: it points nowhere".formatted(index, before));
    }
    for (int round = 0; round < 2; round++) {
      for (double[] other : others) {
        double along = 0;
        for (int i = 0; i < own.length; i++) {
          along += own[i] * other[i];
        }
        for (int i = 0; i < own.length; i++) {
          own[i] -= along * other[i];
        }
      }
    }
    double left = norm(own);
    if (left < LEAST_SHARE * before) {
      throw new IllegalArgumentException(
          "Direction %d lies in the span of those before it: leave it out".formatted(index));
    }
    return Arrays.stream(own).map(x -> x / left).toArray();
  }

  private static double norm(double[] vector) {
    return Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum());
  }
}
