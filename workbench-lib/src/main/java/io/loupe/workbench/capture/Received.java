package io.loupe.workbench.capture;

import java.util.Arrays;

/** The mass that keys receive: a second look at the scores, when each row's sum is known. */
final class Received {
  private final float[] normaliser = new float[Tile.QUERIES]; // LSE

  /** Takes the rows' sums of a block that is done. Padding gives to itself alone. */
  void begin(Tile tile) {
    for (int i = 0; i < tile.queries; i++) {
      normaliser[i] =
          tile.sum[i] > 0 ? (float) (tile.max[i] + Math.log(tile.sum[i])) : -HeadEdits.HIDDEN;
    }
  }

  /** Adds a tile's probabilities to the keys' sums. */
  void add(Tile tile, VectorExp exp, double[] sums) {
    for (int key = 0; key < tile.keys; key++) {
      float[] p = tile.scores[key];
      exp.apply(p, normaliser, tile.x, tile.queries);
      Arrays.fill(p, tile.queries, p.length, 0);
      sums[tile.firstKey + key] += sum(p);
    }
  }

  /** Sums in pairs, in the same order always; the values are used up. */
  private static float sum(float[] p) {
    for (int half = p.length / 2; half >= 8; half /= 2) {
      fold(p, half);
    }
    return ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
  }

  private static void fold(float[] p, int half) {
    for (int i = 0; i < half; i++) {
      p[i] += p[half + i];
    }
  }
}
