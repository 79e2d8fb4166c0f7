package io.loupe.workbench.capture;

import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A sum over keys that a block of queries carries along. The keys of a tile are summed by
 * themselves first, which keeps the error of float32 small however long the text is; when the
 * maximum grows, what came before decays.
 */
abstract class RowSum {
  final float[] total = new float[Tile.QUERIES];
  final float[] part = new float[Tile.QUERIES];

  void begin() {
    Arrays.fill(total, 0);
    Arrays.fill(part, 0);
  }

  /** Adds a key. */
  abstract void add(int key, float[] e, Tile tile);

  /** Adds what is picked from a whole tile, then joins the tile to what came before. */
  void fold(Tile tile) {
    decayed(total, tile.decay, part, tile.queries);
  }

  private static void decayed(float[] total, float[] decay, float[] part, int n) {
    for (int i = 0; i < n; i++) {
      total[i] = Math.fma(total[i], decay[i], part[i]);
      part[i] = 0;
    }
  }

  /** Returns the sum that a statistic is made of; null if the maximum and the sum are enough. */
  static @Nullable RowSum of(Statistic statistic, @Nullable KeySet keys, RowLayout layout) {
    if (keys instanceof KeySet.Fixed fixed) {
      return new OnFixed(fixed.columns());
    } else if (keys instanceof KeySet.One one) {
      return new OnOne(one.targets());
    } else if (keys instanceof KeySet.Earlier) {
      return new OnEarlier(layout);
    } else if (statistic instanceof Statistic.WindowedDistance within) {
      return new Distance(layout, OptionalInt.of(within.window()));
    } else if (statistic.equals(Statistic.DISTANCE)) {
      return new Distance(layout, OptionalInt.empty());
    } else if (statistic.equals(Statistic.ENTROPY)) {
      return new Entropy();
    }
    return statistic.equals(Statistic.SUM_OF_SQUARES) ? new Squares() : null;
  }

  /** sum e (s - max): its reference moves with the maximum, by as much for each unit of the sum. */
  private static final class Entropy extends RowSum {
    @Override
    void add(int key, float[] e, Tile tile) {
      products(part, e, tile.x, tile.queries);
    }

    @Override
    void fold(Tile tile) {
      products(total, tile.sum, tile.drop, tile.queries);
      super.fold(tile);
    }
  }

  /** sum e^2, which decays twice. */
  private static final class Squares extends RowSum {
    @Override
    void add(int key, float[] e, Tile tile) {
      products(part, e, e, tile.queries);
    }

    @Override
    void fold(Tile tile) {
      for (int i = 0; i < tile.queries; i++) {
        total[i] *= tile.decay[i];
      }
      super.fold(tile);
    }
  }

  /** sum e |i - j|. */
  private static final class Distance extends RowSum {
    private final RowLayout layout;
    private final float most;

    Distance(RowLayout layout, OptionalInt window) {
      this.layout = layout;
      this.most = window.isPresent() ? window.getAsInt() : Float.MAX_VALUE;
    }

    @Override
    void add(int key, float[] e, Tile tile) {
      distances(part, e, tile.positions, layout.position(key), most, tile.queries);
    }

    private static void distances(
        float[] sums, float[] e, float[] positions, float at, float most, int n) {
      for (int i = 0; i < n; i++) {
        sums[i] = Math.fma(e[i], Math.min(Math.abs(positions[i] - at), most), sums[i]);
      }
    }
  }

  /** The mass on the same keys for all. */
  private static final class OnFixed extends RowSum {
    private final boolean[] columns;

    OnFixed(boolean[] columns) {
      this.columns = columns;
    }

    @Override
    void add(int key, float[] e, Tile tile) {
      if (columns[key]) {
        Tile.plus(part, e, tile.queries);
      }
    }
  }

  /** The mass on one key for each query: picked when the tile is done. */
  private static final class OnOne extends RowSum {
    private final int[] targets;

    OnOne(int[] targets) {
      this.targets = targets;
    }

    @Override
    void add(int key, float[] e, Tile tile) {}

    @Override
    void fold(Tile tile) {
      for (int i = 0; i < tile.queries; i++) {
        int key = targets[tile.firstColumn + i] - tile.firstKey;
        if (key >= 0 && key < tile.keys) {
          part[i] = tile.scores[key][i];
        }
      }
      super.fold(tile);
    }
  }

  /** The mass on earlier occurrences of the query's token. */
  private static final class OnEarlier extends RowSum {
    private final RowLayout layout;

    OnEarlier(RowLayout layout) {
      this.layout = layout;
    }

    @Override
    void add(int key, float[] e, Tile tile) {
      int[] alike = layout.alike(key);
      int from = Math.max(key + 1, tile.firstColumn);
      int at = Arrays.binarySearch(alike, from);
      for (int next = at < 0 ? -at - 1 : at; next < alike.length; next++) {
        int i = alike[next] - tile.firstColumn;
        if (i >= tile.queries) {
          return;
        }
        part[i] += e[i];
      }
    }
  }

  private static void products(float[] sums, float[] a, float[] b, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] = Math.fma(a[i], b[i], sums[i]);
    }
  }
}
