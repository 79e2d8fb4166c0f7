package io.loupe.workbench.text;

import io.loupe.workbench.site.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * A batch of token sequences, padded to one length, with the named spans of each row. Immutable.
 * Positions in spans and slices are counted over a row's own tokens; where padding stands makes no
 * difference to them.
 */
public final class Tokens {
  private static final long PAD = 0;

  private final long[][] ids;
  private final boolean[][] real;
  private final List<List<Span>> spans;

  private Tokens(long[][] ids, boolean[][] real, List<List<Span>> spans) {
    this.ids = ids;
    this.real = real;
    this.spans = spans;
  }

  /** Where shorter rows are filled up. */
  public enum Padding {
    LEFT,
    RIGHT
  }

  /** Makes a batch of rows of equal length. Rows are copied. */
  public static Tokens of(long[]... rows) {
    requireRows(rows);
    for (int row = 1; row < rows.length; row++) {
      if (rows[row].length != rows[0].length) {
        throw new IllegalArgumentException(
            "Row 0 has %d tokens and row %d has %d; use Tokens.padded to put rows of unequal length into one batch"
                .formatted(rows[0].length, row, rows[row].length));
      }
    }
    return padded(Padding.RIGHT, rows);
  }

  /** Makes a batch of rows of any length, shorter ones filled up on one side. Rows are copied. */
  public static Tokens padded(Padding side, long[]... rows) {
    requireRows(rows);
    int length = Arrays.stream(rows).mapToInt(row -> row.length).max().orElseThrow();
    long[][] ids = new long[rows.length][length];
    boolean[][] real = new boolean[rows.length][length];
    for (int row = 0; row < rows.length; row++) {
      int from = side == Padding.LEFT ? length - rows[row].length : 0;
      Arrays.fill(ids[row], PAD);
      System.arraycopy(rows[row], 0, ids[row], from, rows[row].length);
      Arrays.fill(real[row], from, from + rows[row].length, true);
    }
    return new Tokens(ids, real, Collections.nCopies(rows.length, List.of()));
  }

  /**
   * Makes a batch from ids and an attention mask as Hugging Face gives them.
   *
   * @param ids [batch, pos]
   * @param mask [batch, pos], 1 for a token and 0 for padding
   */
  public static Tokens masked(long[][] ids, long[][] mask) {
    requireRows(ids);
    boolean[][] real = new boolean[ids.length][];
    for (int row = 0; row < ids.length; row++) {
      if (mask.length != ids.length
          || mask[row].length != ids[row].length
          || ids[row].length != ids[0].length) {
        throw new IllegalArgumentException(
            "ids and mask must both be [batch, pos]; they differ at row " + row);
      }
      real[row] = new boolean[mask[row].length];
      for (int i = 0; i < mask[row].length; i++) {
        real[row][i] = mask[row][i] != 0;
      }
    }
    return new Tokens(copy(ids), real, Collections.nCopies(ids.length, List.of()));
  }

  /** Puts several batches under each other; shorter rows are filled up on the given side. */
  public static Tokens concat(Padding side, List<Tokens> batches) {
    List<long[]> rows = new ArrayList<>();
    List<List<Span>> spans = new ArrayList<>();
    for (Tokens batch : batches) {
      for (int row = 0; row < batch.batch(); row++) {
        rows.add(batch.row(row));
        spans.add(batch.spans(row));
      }
    }
    Tokens padded = padded(side, rows.toArray(long[][]::new));
    return new Tokens(padded.ids, padded.real, List.copyOf(spans));
  }

  /**
   * Returns these rows with one more column behind all others: a token for each row, or padding for
   * rows that get none. Spans and positions keep their meaning.
   */
  public Tokens append(List<OptionalLong> column) {
    if (column.size() != batch()) {
      throw new IllegalArgumentException(
          "%d rows need as many tokens to append; got %d".formatted(batch(), column.size()));
    }
    long[][] moreIds = new long[batch()][];
    boolean[][] moreReal = new boolean[batch()][];
    for (int row = 0; row < batch(); row++) {
      moreIds[row] = Arrays.copyOf(ids[row], length() + 1);
      moreReal[row] = Arrays.copyOf(real[row], length() + 1);
      moreIds[row][length()] = column.get(row).orElse(PAD);
      moreReal[row][length()] = column.get(row).isPresent();
    }
    return new Tokens(moreIds, moreReal, spans);
  }

  /** Puts so many copies of the batch under each other, spans and padding with them. */
  public Tokens repeat(int times) {
    long[][] moreIds = new long[times * ids.length][];
    boolean[][] moreReal = new boolean[times * ids.length][];
    List<List<Span>> moreSpans = new ArrayList<>();
    for (int row = 0; row < moreIds.length; row++) {
      moreIds[row] = ids[row % ids.length];
      moreReal[row] = real[row % ids.length];
      moreSpans.add(spans.get(row % ids.length));
    }
    return new Tokens(moreIds, moreReal, List.copyOf(moreSpans));
  }

  /** Returns the rows {@code from} to {@code to - 1}, in columns as many as here. */
  public Tokens rows(int from, int to) {
    if (from < 0 || to > batch() || from >= to) {
      throw new IllegalArgumentException(
          "There are rows 0 to %d; asked for %d to %d".formatted(batch() - 1, from, to - 1));
    }
    return new Tokens(
        Arrays.copyOfRange(ids, from, to),
        Arrays.copyOfRange(real, from, to),
        spans.subList(from, to));
  }

  /** Returns these tokens with the named spans of one row. */
  public Tokens withSpans(int row, List<Span> named) {
    int length = row(row).length;
    for (Span span : named) {
      if (span.end() > length) {
        throw new IllegalArgumentException(
            "%s reaches beyond row %d, which has %d tokens".formatted(span, row, length));
      }
    }
    List<List<Span>> all = new ArrayList<>(spans);
    all.set(row, List.copyOf(named));
    return new Tokens(ids, real, List.copyOf(all));
  }

  /** Returns the number of rows. */
  public int batch() {
    return ids.length;
  }

  /** Returns the padded length of the rows. */
  public int length() {
    return ids[0].length;
  }

  /** Returns the number of tokens in a row, padding not counted. */
  public int length(int row) {
    return columns(row).length;
  }

  /** Returns a copy of the padded ids, [batch, pos]. */
  public long[][] ids() {
    return copy(ids);
  }

  /** Returns a copy of one row's own ids, without padding. */
  public long[] row(int row) {
    return Arrays.stream(columns(row)).mapToLong(column -> ids[row][column]).toArray();
  }

  /** Returns the columns of the padded batch in which a row's own tokens stand, in order. */
  public int[] columns(int row) {
    int[] columns = new int[length()];
    int count = 0;
    for (int column = 0; column < length(); column++) {
      if (real[row][column]) {
        columns[count++] = column;
      }
    }
    return Arrays.copyOf(columns, count);
  }

  /** Returns the column of a position of a row; negative positions count from the row's end. */
  public int column(int row, int position) {
    int[] columns = columns(row);
    int index = position < 0 ? columns.length + position : position;
    if (index < 0 || index >= columns.length) {
      throw new IllegalArgumentException(
          "Row %d has %d tokens: positions 0 to %d, or -1 to -%d from its end; got %d"
              .formatted(row, columns.length, columns.length - 1, columns.length, position));
    }
    return columns[index];
  }

  /** Tells whether a column of a row holds a token rather than padding. */
  public boolean isToken(int row, int column) {
    return real[row][column];
  }

  /**
   * Tells whether two batches have as many rows, each as long as its counterpart and padded alike,
   * so that a position of one is the same position of the other.
   */
  public boolean isAlignedWith(Tokens other) {
    return Arrays.deepEquals(real, other.real);
  }

  /** Tells whether any row is padded. */
  public boolean isPadded() {
    for (boolean[] row : real) {
      for (boolean token : row) {
        if (!token) {
          return true;
        }
      }
    }
    return false;
  }

  /** Returns the named spans of a row. */
  public List<Span> spans(int row) {
    return spans.get(row);
  }

  /**
   * Returns a row's span of that name; throws {@code IllegalArgumentException} naming the spans it
   * has.
   */
  public Span span(int row, String name) {
    return spans.get(row).stream()
        .filter(span -> span.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Row %d has no span '%s'; it has %s"
                        .formatted(
                            row,
                            name,
                            spans.get(row).stream().map(Span::name).collect(Collectors.toList()))));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tokens tokens
        && Arrays.deepEquals(ids, tokens.ids)
        && Arrays.deepEquals(real, tokens.real)
        && spans.equals(tokens.spans);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(ids);
  }

  @Override
  public String toString() {
    return "Tokens[batch %d, length %d%s]"
        .formatted(batch(), length(), isPadded() ? ", padded" : "");
  }

  private static void requireRows(long[][] rows) {
    if (rows.length == 0) {
      throw new IllegalArgumentException("A batch needs at least one row of tokens");
    }
    for (int row = 0; row < rows.length; row++) {
      if (rows[row].length == 0) {
        throw new IllegalArgumentException(
            "Row " + row + " is empty: a prompt needs at least one token");
      }
    }
  }

  private static long[][] copy(long[][] rows) {
    return Arrays.stream(rows).map(long[]::clone).toArray(long[][]::new);
  }
}
