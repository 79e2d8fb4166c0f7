package io.loupe.workbench.capture;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The statistics of one head of one row of the batch, while its blocks of queries are computed. */
final class StreamedBlock {
  private final List<Statistic> statistics;
  private final List<@Nullable KeySet> keySets;
  private final List<@Nullable RowSum> sums = new ArrayList<>();
  private final @Nullable TopKeys topKeys;
  private final boolean wantsMaxKey;
  private final RowLayout layout;

  StreamedBlock(AttentionPlan prepared, int row, boolean reported) {
    AttentionRequest request = prepared.call().request();
    this.layout = prepared.layout(row);
    this.statistics = reported ? request.statistics() : List.of();
    this.keySets = prepared.keySets(row);
    for (int s = 0; s < statistics.size(); s++) {
      sums.add(RowSum.of(statistics.get(s), keySets.get(s), layout));
    }
    this.topKeys = reported && request.topKeys() > 0 ? new TopKeys(request.topKeys()) : null;
    this.wantsMaxKey = statistics.contains(Statistic.MAX_KEY);
  }

  boolean wantsMaxKey() {
    return wantsMaxKey;
  }

  void begin() {
    for (RowSum sum : sums) {
      if (sum != null) {
        sum.begin();
      }
    }
    if (topKeys != null) {
      topKeys.begin();
    }
  }

  /** Looks at a tile of scores. */
  void scores(Tile tile) {
    if (topKeys != null) {
      topKeys.add(tile);
    }
  }

  /** Adds one key's exponentials. */
  void add(int key, float[] e, Tile tile) {
    for (RowSum sum : sums) {
      if (sum != null) {
        sum.add(key, e, tile);
      }
    }
  }

  /** Joins the tile to what came before it; before the tile folds its own sum. */
  void fold(Tile tile) {
    for (RowSum sum : sums) {
      if (sum != null) {
        sum.fold(tile);
      }
    }
  }

  /** Writes the block's numbers where they belong. */
  void finish(Tile tile, int firstQuery, HeadColumns result) {
    for (int i = 0; i < tile.queries; i++) {
      int query = firstQuery + i;
      result.empty()[query] = tile.sum[i] == 0;
      for (int s = 0; s < statistics.size(); s++) {
        result.values()[s][query] = value(s, i, tile);
      }
      for (int rank = 0; topKeys != null && rank < result.topKeys()[query].length; rank++) {
        int key = topKeys.key(i, rank);
        result.topKeys()[query][rank] = key;
        result.topProbabilities()[query][rank] =
            key < 0 ? 0 : Math.exp((double) topKeys.score(i, rank) - tile.max[i]) / tile.sum[i];
      }
    }
  }

  private double value(int s, int i, Tile tile) {
    KeySet keys = keySets.get(s);
    if (keys != null && !keys.exists(tile.firstColumn + i)) {
      return Double.NaN;
    }
    double l = tile.sum[i];
    if (l == 0) {
      return OfEmptyRow.value(statistics.get(s));
    }
    RowSum sum = sums.get(s);
    double total = sum == null ? 0 : sum.total[i];
    if (statistics.get(s) instanceof Statistic.Simple simple) {
      switch (simple.kind()) {
        case LOG_SUM_EXP:
          return tile.max[i] + Math.log(l);
        case ENTROPY:
          return Math.max(0, Math.log(l) - total / l);
        case MAX_PROBABILITY:
          return 1 / l;
        case MAX_KEY:
          return layout.position(tile.maxKey[i]);
        case SUM_OF_SQUARES:
          return total / (l * l);
        default:
          break;
      }
    }
    return total / l;
  }
}
