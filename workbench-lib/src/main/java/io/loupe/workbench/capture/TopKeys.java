package io.loupe.workbench.capture;

import java.util.Arrays;

/** The largest scores of each query of a block, with their keys; of equals the first. */
final class TopKeys {
  private final int count;
  private final float[] least = new float[Tile.QUERIES]; // a score must be above it
  private final float[][] best; // [query][rank]
  private final int[][] keys; // columns

  TopKeys(int count) {
    this.count = count;
    this.best = new float[Tile.QUERIES][count];
    this.keys = new int[Tile.QUERIES][count];
  }

  void begin() {
    Arrays.fill(least, HeadEdits.HIDDEN / 10);
    for (int i = 0; i < best.length; i++) {
      Arrays.fill(best[i], HeadEdits.HIDDEN / 10);
      Arrays.fill(keys[i], -1);
    }
  }

  /** Looks at a tile of scores. */
  void add(Tile tile) {
    for (int key = 0; key < tile.keys; key++) {
      float[] scores = tile.scores[key];
      for (int i = 0; i < tile.queries; i++) {
        if (scores[i] > least[i]) {
          insert(i, scores[i], tile.firstKey + key);
        }
      }
    }
  }

  private void insert(int query, float score, int key) {
    float[] scores = best[query];
    int[] at = keys[query];
    int rank = count - 1;
    while (rank > 0 && score > scores[rank - 1]) {
      scores[rank] = scores[rank - 1];
      at[rank] = at[rank - 1];
      rank--;
    }
    scores[rank] = score;
    at[rank] = key;
    least[query] = scores[count - 1];
  }

  float score(int query, int rank) {
    return best[query][rank];
  }

  /** Returns a key's column, -1 if the query sees fewer. */
  int key(int query, int rank) {
    return keys[query][rank];
  }
}
