package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.nn.PositionSpec.Pairing;

/**
 * The rotary embedding of one batch: the angles' cosines and sines, made once and used in every
 * layer that has it.
 *
 * @param dimensions how many of a head's dimensions are turned
 * @param pairing which of them turn together
 * @param cos [batch or 1, pos, 1, dimensions / 2]
 * @param sin [batch or 1, pos, 1, dimensions / 2]
 */
record Rotary(int dimensions, Pairing pairing, NDArray cos, NDArray sin) {

  /** Turns [batch, pos, head, d_head]. */
  NDArray turn(NDArray x) {
    if (x.getShape().get(3) == dimensions) {
      return turnAll(x);
    }
    NDList parts = x.split(new long[] {dimensions}, 3);
    return concat(turnAll(parts.get(0)), parts.get(1), 3);
  }

  private NDArray turnAll(NDArray x) {
    return pairing == Pairing.HALVES ? turnHalves(x) : turnNeighbours(x);
  }

  private NDArray turnHalves(NDArray x) {
    NDList parts = x.split(new long[] {dimensions / 2}, 3);
    NDArray first = parts.get(0);
    NDArray second = parts.get(1);
    return concat(
        first.mul(cos).sub(second.mul(sin)), //
        second.mul(cos).add(first.mul(sin)),
        3);
  }

  private NDArray turnNeighbours(NDArray x) {
    Shape shape = x.getShape();
    NDArray pairs = x.reshape(shape.get(0), shape.get(1), shape.get(2), dimensions / 2, 2);
    NDArray first = pairs.get(new NDIndex("..., 0"));
    NDArray second = pairs.get(new NDIndex("..., 1"));
    NDArray turnedFirst = first.mul(cos).sub(second.mul(sin));
    NDArray turnedSecond = second.mul(cos).add(first.mul(sin));
    return concat(turnedFirst.expandDims(4), turnedSecond.expandDims(4), 4).reshape(shape);
  }

  private static NDArray concat(NDArray first, NDArray second, int dimension) {
    return first.getNDArrayInternal().concat(new NDList(second), dimension);
  }
}
