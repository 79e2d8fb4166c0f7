package io.loupe.workbench.capture;

/**
 * A block of queries against a block of keys, and what the queries carry from block to block.
 * Queries run along the arrays, so that every step is the same for neighbours in them.
 */
final class Tile {
  /** How many queries are computed at once. */
  static final int QUERIES = 256;

  /** How many keys; the tile of scores then fits in a core's cache. */
  static final int KEYS = 256;

  final float[][] scores = new float[KEYS][QUERIES]; // then their exponentials
  final float[] x = new float[QUERIES]; // score - max of the key at hand
  final float[] max = new float[QUERIES];
  final float[] newMax = new float[QUERIES];
  final float[] decay = new float[QUERIES]; // exp(old max - new max)
  final float[] drop = new float[QUERIES]; // old max - new max
  final float[] sum = new float[QUERIES]; // of exponentials
  final float[] tileSum = new float[QUERIES];
  final float[] positions = new float[QUERIES];
  final int[] maxKey = new int[QUERIES];
  int firstColumn;
  int queries;
  int firstKey;
  int keys;

  /** Moves to other queries, of which nothing has been seen. */
  void begin(int column, int count, RowLayout layout) {
    firstColumn = column;
    queries = count;
    for (int i = 0; i < count; i++) {
      max[i] = HeadEdits.HIDDEN / 10; // above what is hidden, below all else
      sum[i] = 0;
      maxKey[i] = -1;
      positions[i] = layout.position(column + i);
    }
  }

  /** Finds the new maxima and by how much they grew. */
  void maxima(boolean keysToo, VectorExp exp) {
    System.arraycopy(max, 0, newMax, 0, queries);
    for (int key = 0; key < keys; key++) {
      larger(newMax, scores[key], queries);
    }
    for (int i = 0; keysToo && i < queries; i++) {
      if (newMax[i] > max[i]) {
        int key = 0;
        while (scores[key][i] != newMax[i]) {
          key++;
        }
        maxKey[i] = firstKey + key;
      }
    }
    System.arraycopy(max, 0, decay, 0, queries);
    exp.apply(decay, newMax, drop, queries);
    System.arraycopy(newMax, 0, max, 0, queries);
  }

  /** Adds one key's exponentials to their sum. */
  void add(float[] e) {
    plus(tileSum, e, queries);
  }

  void fold() {
    for (int i = 0; i < queries; i++) {
      sum[i] = Math.fma(sum[i], decay[i], tileSum[i]);
      tileSum[i] = 0;
    }
  }

  private static void larger(float[] most, float[] s, int n) {
    for (int i = 0; i < n; i++) {
      most[i] = Math.max(most[i], s[i]);
    }
  }

  static void plus(float[] sums, float[] e, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += e[i];
    }
  }
}
