package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.jspecify.annotations.Nullable;

/**
 * The rotary embedding of one batch: the angles' cosines and sines, made once and used in every
 * layer.
 */
final class Rotary {
  private final int dimensions;
  private final NDArray cos; // [batch or 1, pos, 1, dimensions / 2]
  private final NDArray sin;

  private Rotary(int dimensions, NDArray cos, NDArray sin) {
    this.dimensions = dimensions;
    this.cos = cos;
    this.sin = sin;
  }

  /** Makes the angles for a model with a rotary embedding; null for other models. */
  static @Nullable Rotary of(PositionSpec spec, NDArray positions, DataType type) {
    if (!(spec instanceof PositionSpec.Rotary rotary)) {
      return null;
    }
    int half = rotary.dimensions() / 2;
    long[] position = positions.toLongArray();
    double[] cos = new double[position.length * half];
    double[] sin = new double[position.length * half];
    for (int p = 0; p < position.length; p++) {
      for (int i = 0; i < half; i++) {
        double angle = position[p] * Math.pow(rotary.base(), -2.0 * i / rotary.dimensions());
        cos[p * half + i] = Math.cos(angle);
        sin[p * half + i] = Math.sin(angle);
      }
    }
    Shape shape = new Shape(positions.getShape().get(0), positions.getShape().get(1), 1, half);
    return new Rotary(
        rotary.dimensions(),
        Inputs.floating(positions.getManager(), cos, shape, type),
        Inputs.floating(positions.getManager(), sin, shape, type));
  }

  /** Turns [batch, pos, head, d_head]. */
  NDArray turn(NDArray x) {
    int half = dimensions / 2;
    boolean whole = x.getShape().get(3) == dimensions;
    NDList parts = x.split(whole ? new long[] {half} : new long[] {half, dimensions}, 3);
    NDArray first = parts.get(0);
    NDArray second = parts.get(1);
    NDList turned =
        new NDList(
            first.mul(cos).sub(second.mul(sin)), //
            second.mul(cos).add(first.mul(sin)));
    if (!whole) {
      turned.add(parts.get(2));
    }
    return turned.get(0).getNDArrayInternal().concat(turned.subNDList(1), 3);
  }
}
