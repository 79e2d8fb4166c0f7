package io.loupe.workbench.capture;

import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the tokens of one row of a batch stand, and which are alike. A query never sees padding;
 * padding sees itself alone.
 */
public final class RowLayout {
  private final long[] ids; // [column]
  private final boolean[] real; // [column]
  private final int[] positions; // [column]; of padding, that of the next token
  private final int[] columns; // [position]
  private final Map<Long, int[]> occurrences = new HashMap<>(); // columns, ascending

  RowLayout(Tokens tokens, int row) {
    this.ids = tokens.ids()[row];
    this.real = new boolean[ids.length];
    this.positions = new int[ids.length];
    this.columns = tokens.columns(row);
    Map<Long, List<Integer>> found = new HashMap<>();
    int position = 0;
    for (int column = 0; column < ids.length; column++) {
      positions[column] = position;
      real[column] = tokens.isToken(row, column);
      position += real[column] ? 1 : 0;
    }
    for (int column : columns) {
      found.computeIfAbsent(ids[column], id -> new ArrayList<>()).add(column);
    }
    found.forEach((id, at) -> occurrences.put(id, at.stream().mapToInt(c -> c).toArray()));
  }

  static List<RowLayout> all(Tokens tokens) {
    List<RowLayout> rows = new ArrayList<>();
    for (int row = 0; row < tokens.batch(); row++) {
      rows.add(new RowLayout(tokens, row));
    }
    return rows;
  }

  /** Tells whether a column holds a token of the row, no padding. */
  public boolean isReal(int column) {
    return real[column];
  }

  /** Tells whether any column is padding. */
  public boolean isPadded() {
    return columns.length < real.length;
  }

  /** Returns the position of a column's token; of padding, that of the next token. */
  public int position(int column) {
    return positions[column];
  }

  /** Returns the columns of the row's own tokens, in order. */
  public int[] columns() {
    return columns;
  }

  /** Returns the token id of a column. */
  public long id(int column) {
    return ids[column];
  }

  /** Tells whether a query sees a key by the model's rule. */
  boolean sees(MaskSpec mask, int query, int key) {
    return real[query] && real[key] ? mask.sees(positions[query], positions[key]) : query == key;
  }

  /** Returns for each column that of the token so many before it; -1 where there is none. */
  int[] before(int tokens) {
    int[] targets = new int[real.length];
    Arrays.fill(targets, -1);
    for (int position = tokens; position < columns.length; position++) {
      targets[columns[position]] = columns[position - tokens];
    }
    return targets;
  }

  /** Returns for each column that behind the last earlier occurrence of its token, or -1. */
  int[] afterLastOccurrence() {
    int[] targets = new int[real.length];
    Arrays.fill(targets, -1);
    for (int[] alike : occurrences.values()) {
      for (int i = 1; i < alike.length; i++) {
        targets[alike[i]] = columns[positions[alike[i - 1]] + 1];
      }
    }
    return targets;
  }

  /** Returns the columns that hold the token of this one, ascending; none for padding. */
  int[] alike(int column) {
    return real[column] ? occurrences.getOrDefault(ids[column], new int[0]) : new int[0];
  }

  boolean[] firstKey() {
    boolean[] first = new boolean[real.length];
    first[columns[0]] = true;
    return first;
  }
}
