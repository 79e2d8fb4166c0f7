package io.loupe.workbench.capture;

import io.loupe.workbench.nn.MaskSpec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What is done to a tile of products to make them scores: cap, ALiBi, edits, masks. */
final class TileMask {
  private final AttentionRule rule;
  private final MaskSpec mask;
  private @Nullable RowLayout layout;
  private @Nullable HeadEdits edits;
  private float slope;

  TileMask(AttentionRule rule) {
    this.rule = rule;
    this.mask = rule.mask();
  }

  /** Some columns of keys. */
  record KeyRange(int from, int to) {}

  /** Moves to a head of a row of the batch. */
  void begin(RowLayout ofRow, HeadEdits ofHead, int head) {
    layout = ofRow;
    edits = ofHead;
    slope = (float) rule.slope(head);
  }

  /** Returns the columns outside of which no query of the block sees a key; at whole tiles. */
  KeyRange range(Tile tile, int keys) {
    RowLayout row = layout();
    int last = tile.firstColumn + tile.queries - 1;
    int from = 0;
    int to = mask.causal() ? last + 1 : keys;
    if (mask.window().isPresent()) {
      int window = mask.window().getAsInt();
      while (from < tile.firstColumn
          && row.position(from) <= row.position(tile.firstColumn) - window) {
        from++;
      }
      while (to > last + 1 && row.position(to - 1) >= (long) row.position(last) + window) {
        to--;
      }
    }
    return new KeyRange(from - from % Tile.KEYS, to);
  }

  void apply(Tile tile) {
    HeadEdits changes = edits;
    if (changes == null) {
      throw new IllegalStateException("begin was not called");
    }
    boolean masked = layout().isPadded() || cutsInto(tile);
    for (int key = 0; key < tile.keys; key++) {
      float[] scores = tile.scores[key];
      if (rule.softCap().isPresent()) {
        VectorExp.softCap(scores, (float) rule.softCap().getAsDouble(), tile.queries);
      }
      if (slope != 0) {
        lean(scores, tile.positions, layout().position(tile.firstKey + key), slope, tile.queries);
      }
      changes.scores(scores, tile.firstKey + key, tile.firstColumn, tile.queries);
      if (masked) {
        hide(scores, tile.firstKey + key, tile);
      }
    }
  }

  private RowLayout layout() {
    if (layout == null) {
      throw new IllegalStateException("begin was not called");
    }
    return layout;
  }

  /** Tells, without padding, whether any query of the tile does not see all its keys. */
  private boolean cutsInto(Tile tile) {
    int lastKey = tile.firstKey + tile.keys - 1;
    int lastQuery = tile.firstColumn + tile.queries - 1;
    int farthest = Math.max(lastQuery - tile.firstKey, lastKey - tile.firstColumn);
    return (mask.causal() && lastKey > tile.firstColumn)
        || (mask.window().isPresent() && farthest >= mask.window().getAsInt());
  }

  private void hide(float[] scores, int key, Tile tile) {
    int n = tile.queries;
    if (layout().isPadded()) {
      for (int i = 0; i < n; i++) {
        if (!layout().sees(mask, tile.firstColumn + i, key)) {
          scores[i] = HeadEdits.HIDDEN;
        }
      }
      return;
    }
    long window = mask.window().orElse(Integer.MAX_VALUE);
    long from = (mask.causal() ? key : key - window + 1) - tile.firstColumn;
    long to = key + window - tile.firstColumn;
    Arrays.fill(scores, 0, (int) Math.max(0, Math.min(n, from)), HeadEdits.HIDDEN);
    Arrays.fill(scores, (int) Math.max(0, Math.min(n, to)), n, HeadEdits.HIDDEN);
  }

  private static void lean(float[] scores, float[] positions, float key, float slope, int n) {
    for (int i = 0; i < n; i++) {
      scores[i] = Math.fma(slope, key - positions[i], scores[i]);
    }
  }
}
