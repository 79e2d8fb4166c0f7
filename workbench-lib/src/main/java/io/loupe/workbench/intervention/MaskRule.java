package io.loupe.workbench.intervention;

import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;

/**
 * Which keys a query sees. Positions are counted over a row's own tokens; padding is taken care of
 * apart from this. A notebook's own rule is a lambda, with a name given by {@link #named}.
 */
@FunctionalInterface
public interface MaskRule {
  /**
   * Tells whether the token at a query position sees the one at a key position.
   *
   * @param tokens the batch; spans are read off it
   * @param row the row
   */
  boolean sees(Tokens tokens, int row, int query, int key);

  /** A token sees itself and what stands before it. */
  static MaskRule causal() {
    return named("causal", (tokens, row, query, key) -> key <= query);
  }

  /** Every token sees every token. */
  static MaskRule bidirectional() {
    return named("bidirectional", (tokens, row, query, key) -> true);
  }

  /**
   * A token sees itself and so many less one before it; {@code width} 1 is itself alone (Beltagy et
   * al. 2020).
   */
  static MaskRule window(int width) {
    requireCount("A window", width, 1);
    return named(
        "window " + width, (tokens, row, query, key) -> key <= query && query - key < width);
  }

  /**
   * A token sees a window, and the first tokens of the text: attention sinks (Xiao et al. 2023,
   * StreamingLLM).
   */
  static MaskRule windowWithSinks(int width, int sinks) {
    requireCount("The number of sinks", sinks, 0);
    return named(
        "window %d with %d sinks".formatted(width, sinks),
        window(width).or((tokens, row, query, key) -> key < sinks && key <= query));
  }

  /** A token sees only the token so many positions before it, or itself where there is none. */
  static MaskRule offset(int back) {
    requireCount("An offset", back, 0);
    return named(
        "offset " + back,
        (tokens, row, query, key) -> query < back ? key == query : key == query - back);
  }

  /**
   * Tokens of one of these spans do not see tokens of another, in either direction; what stands in
   * no span sees and is seen. Made for documents that should be read each by itself; say {@code
   * causal().and(blocks(...))}.
   */
  static MaskRule blocks(String... spans) {
    List<String> names = List.copyOf(Arrays.asList(spans));
    if (names.size() < 2) {
      throw new IllegalArgumentException(
          "Blocks keep spans apart: name at least two; got " + names);
    }
    return named(
        "blocks " + names,
        (tokens, row, query, key) -> {
          int ofQuery = block(tokens, row, query, names);
          int ofKey = block(tokens, row, key, names);
          return ofQuery == ofKey || ofQuery < 0 || ofKey < 0;
        });
  }

  /** Tokens of one span do not see those of the other; everything else sees. */
  static MaskRule apart(String querySpan, String keySpan) {
    return named(
        "%s not to %s".formatted(querySpan, keySpan),
        (tokens, row, query, key) ->
            !(holds(tokens.span(row, querySpan), query) && holds(tokens.span(row, keySpan), key)));
  }

  /** Returns this rule with a name, by which results and receipts call it. */
  static MaskRule named(String name, MaskRule rule) {
    return new NamedMaskRule(name, rule);
  }

  /** Sees what both see. */
  default MaskRule and(MaskRule other) {
    return named(
        this + " and " + other,
        (tokens, row, query, key) ->
            sees(tokens, row, query, key) && other.sees(tokens, row, query, key));
  }

  /** Sees what one of them sees. */
  default MaskRule or(MaskRule other) {
    return named(
        this + " or " + other,
        (tokens, row, query, key) ->
            sees(tokens, row, query, key) || other.sees(tokens, row, query, key));
  }

  private static int block(Tokens tokens, int row, int position, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      if (holds(tokens.span(row, names.get(i)), position)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean holds(Span span, int position) {
    return position >= span.start() && position < span.end();
  }

  private static void requireCount(String what, int count, int least) {
    if (count < least) {
      throw new IllegalArgumentException("%s is at least %d; got %d".formatted(what, least, count));
    }
  }
}
