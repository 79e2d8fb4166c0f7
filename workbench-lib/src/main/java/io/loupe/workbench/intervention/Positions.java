package io.loupe.workbench.intervention;

import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.stream.IntStream;

/** Positions of a row's own tokens. */
final class Positions {
  private Positions() {}

  /**
   * Returns the positions that a slice selects on an axis in one row, in order and counted from the
   * row's start; all of the row's positions if it is not cut there. Positions that a growing text
   * does not have yet are left out.
   */
  static int[] of(Slice slice, Axis axis, Frame frame, int row) {
    int length = frame.tokens().length(row);
    Slice.Selection selection = slice.selections().get(axis);
    if (selection == null) {
      return IntStream.range(0, length).toArray();
    }
    if (selection instanceof Slice.Named named) {
      Span span = frame.tokens().span(row, named.span());
      return IntStream.range(span.start(), span.end()).toArray();
    }
    return ((Slice.Indices) selection)
        .indices().stream()
            .mapToInt(index -> index < 0 ? length + index : index)
            .filter(index -> index >= 0 && index < length)
            .sorted()
            .distinct()
            .toArray();
  }

  /** Returns the position of the token in each column; at padding, of the token that comes next. */
  static int[] ofColumns(Tokens tokens, int row) {
    int[] positions = new int[tokens.length()];
    int position = 0;
    for (int column = 0; column < positions.length; column++) {
      positions[column] = position;
      position += tokens.isToken(row, column) ? 1 : 0;
    }
    return positions;
  }
}
