package io.loupe.workbench.capture;

import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The keys whose mass is summed, for each query of a row; all in columns of the batch. */
public sealed interface KeySet {
  /** Tells whether a key belongs to the set of a query. */
  boolean has(int query, int key);

  /** Tells whether there is any such key in the text, seen or not. */
  boolean exists(int query);

  /** Returns the set of a statistic that is a mass; null for one that is not. */
  static @Nullable KeySet of(Statistic statistic, RowLayout layout, Tokens tokens, int row) {
    if (statistic instanceof Statistic.Offset offset) {
      return new One(layout.before(offset.tokens()));
    }
    if (statistic instanceof Statistic.SpanMass span) {
      return new Fixed(TokenRange.span(span.name()).columns(tokens, row));
    }
    if (statistic.equals(Statistic.FIRST_KEY)) {
      return new Fixed(layout.firstKey());
    }
    if (statistic.equals(Statistic.INDUCTION)) {
      return new One(layout.afterLastOccurrence());
    }
    return statistic.equals(Statistic.DUPLICATE) ? new Earlier(layout) : null;
  }

  /**
   * The same keys for every query.
   *
   * @param columns [key], whether it is one of them
   */
  record Fixed(boolean[] columns) implements KeySet {
    @Override
    public boolean has(int query, int key) {
      return columns[key];
    }

    @Override
    public boolean exists(int query) {
      return true;
    }
  }

  /**
   * One key for each query.
   *
   * @param targets [query] by column, the key's column; -1 for none
   */
  record One(int[] targets) implements KeySet {
    @Override
    public boolean has(int query, int key) {
      return targets[query] == key;
    }

    @Override
    public boolean exists(int query) {
      return targets[query] >= 0;
    }
  }

  /**
   * Earlier occurrences of the query's token.
   *
   * @param layout which tokens are alike
   */
  record Earlier(RowLayout layout) implements KeySet {
    @Override
    public boolean has(int query, int key) {
      return key < query && Arrays.binarySearch(layout.alike(query), key) >= 0;
    }

    @Override
    public boolean exists(int query) {
      int[] alike = layout.alike(query);
      return alike.length > 0 && alike[0] < query;
    }
  }
}
