package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;

/**
 * Noise that depends on the seed, the row and the position alone, not on the pass it is used in.
 */
final class GaussianNoise {
  private GaussianNoise() {}

  /**
   * Returns noise in an activation's shape, [batch or 1, pos, ...]; the columns are the frame's.
   * Padding gets none.
   */
  static NDArray like(NDArray activation, Frame frame, double sigma, long seed) {
    Shape shape = activation.getShape();
    int rows = (int) shape.get(0);
    int columns = (int) shape.get(1);
    int inner = (int) (shape.size() / rows / columns);
    double[] noise = new double[rows * columns * inner];
    for (int row = 0; row < rows; row++) {
      int[] own = frame.tokens().columns(row);
      for (int position = 0; position < own.length; position++) {
        int column = own[position] - frame.from();
        if (column >= 0 && column < columns) {
          draw(noise, (row * columns + column) * inner, inner, sigma, seed, row, position);
        }
      }
    }
    return activation.getManager().create(noise, shape).toType(activation.getDataType(), false);
  }

  private static void draw(
      double[] noise, int from, int count, double sigma, long seed, int row, int position) {
    SplittableRandom random = random(seed, row, position);
    for (int i = from; i < from + count; i++) {
      noise[i] = sigma * random.nextGaussian();
    }
  }

  /** Mixes the numbers well: neighbours in one of them share nothing. */
  private static SplittableRandom random(long seed, int row, int position) {
    long mixed = new SplittableRandom(seed).nextLong() + row;
    mixed = new SplittableRandom(mixed).nextLong() + position;
    return new SplittableRandom(new SplittableRandom(mixed).nextLong());
  }
}
