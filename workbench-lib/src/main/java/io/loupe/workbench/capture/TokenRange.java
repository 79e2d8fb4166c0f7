package io.loupe.workbench.capture;

import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;

/** Some tokens of a prompt, whatever its length: positions are its own, without padding. */
public sealed interface TokenRange {
  /** Every token. */
  TokenRange ALL = new Positions(0, Integer.MAX_VALUE);

  /** Returns the positions from one up to, not including, another; what a row has of them. */
  static TokenRange of(int from, int to) {
    return new Positions(from, to);
  }

  /** Returns a named span, which every row must have. */
  static TokenRange span(String name) {
    return new Named(name);
  }

  /** Tells which columns of a row of the batch are meant, [pos]. */
  default boolean[] columns(Tokens tokens, int row) {
    int from;
    int to;
    if (this instanceof Named named) {
      Span span = tokens.span(row, named.name());
      from = span.start();
      to = span.end();
    } else {
      Positions positions = (Positions) this;
      from = positions.from();
      to = positions.to();
    }
    boolean[] chosen = new boolean[tokens.length()];
    int[] columns = tokens.columns(row);
    for (int position = from; position < Math.min(to, columns.length); position++) {
      chosen[columns[position]] = true;
    }
    return chosen;
  }

  /**
   * Positions.
   *
   * @param from the first, 0 or more
   * @param to behind the last
   */
  record Positions(int from, int to) implements TokenRange {
    public Positions {
      if (from < 0 || to <= from) {
        throw new IllegalArgumentException(
            "A range of tokens needs 0 <= from < to; got [%d, %d)".formatted(from, to));
      }
    }

    @Override
    public String toString() {
      return to == Integer.MAX_VALUE && from == 0 ? "all tokens" : "[" + from + ", " + to + ")";
    }
  }

  /**
   * A named span.
   *
   * @param name as in the tokens
   */
  record Named(String name) implements TokenRange {
    @Override
    public String toString() {
      return "'" + name + "'";
    }
  }
}
