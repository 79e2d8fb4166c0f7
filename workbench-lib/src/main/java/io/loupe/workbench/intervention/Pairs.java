package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.text.Tokens;
import java.util.function.IntFunction;

/** The pairs of a query and a key that one pass computes, as positions of a row's own tokens. */
final class Pairs {
  private final Frame frame;
  private final NDArray activation;
  private final IntFunction<int[]> keys;

  /** A row's selected keys, in order. */
  record Keys(int[] positions) {
    int last() {
      return positions.length == 0 ? Integer.MAX_VALUE : positions[positions.length - 1];
    }
  }

  /** A question about a query, a key, and the keys that are selected in their row. */
  @FunctionalInterface
  interface Question {
    boolean holds(int query, int key, Keys keys);
  }

  /**
   * Lays out the pairs.
   *
   * @param activation [batch, head, query, key]
   * @param keys a row's selected keys, in order
   */
  Pairs(Frame frame, NDArray activation, IntFunction<int[]> keys) {
    this.frame = frame;
    this.activation = activation;
    this.keys = keys;
  }

  /**
   * Returns where a rule lets a query see a key, [batch, 1, query, key]. Padding sees itself alone
   * and is seen by nobody.
   */
  NDArray where(MaskRule rule) {
    Tokens tokens = frame.tokens();
    return table((row, query, key, selected) -> rule.sees(tokens, row, query, key), true);
  }

  /** Returns where a question about two tokens holds, [batch, 1, query, key]; not at padding. */
  NDArray where(Question question) {
    return table((row, query, key, selected) -> question.holds(query, key, selected), false);
  }

  private interface Cell {
    boolean holds(int row, int query, int key, Keys selected);
  }

  private NDArray table(Cell cell, boolean paddingSeesItself) {
    Tokens tokens = frame.tokens();
    long[] shape = activation.getShape().getShape();
    int rows = (int) shape[0];
    int queries = (int) shape[2];
    int allKeys = (int) shape[3];
    boolean[] table = new boolean[rows * queries * allKeys];
    int i = 0;
    for (int row = 0; row < rows; row++) {
      Keys selected = new Keys(keys.apply(row));
      int[] positions = Positions.ofColumns(tokens, row);
      for (int query = allKeys - queries; query < allKeys; query++) { // the last columns
        for (int key = 0; key < allKeys; key++) {
          table[i++] =
              tokens.isToken(row, query) && tokens.isToken(row, key)
                  ? cell.holds(row, positions[query], positions[key], selected)
                  : paddingSeesItself && query == key;
        }
      }
    }
    return activation.getManager().create(table, new Shape(rows, 1, queries, allKeys));
  }
}
