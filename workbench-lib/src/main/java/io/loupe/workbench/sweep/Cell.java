package io.loupe.workbench.sweep;

import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.text.Tokens;
import java.util.List;

/**
 * One cell of a sweep: what is written in one copy of the batch.
 *
 * @param edits what is written where; empty for a copy that stays as it is
 */
record Cell(List<Edit> edits) {
  Cell {
    edits = List.copyOf(edits);
  }

  /**
   * A slice of an activation that the donor's values are written into.
   *
   * @param at where, in a layer
   * @param slice which part
   */
  record Edit(HookPoint at, Slice slice) {}

  static Cell of(HookPoint at, Slice slice) {
    return new Cell(List.of(new Edit(at, slice)));
  }

  boolean isEmpty() {
    return edits.isEmpty();
  }

  /** Returns the first layer that is edited. */
  int layer() {
    return edits.stream().mapToInt(edit -> edit.at().layer()).min().orElseThrow();
  }

  /** Returns the first column, over all rows, that is edited. */
  int column(Tokens tokens) {
    return edits.stream()
        .mapToInt(edit -> SweepAxes.firstColumn(edit.slice(), tokens))
        .min()
        .orElseThrow();
  }
}
