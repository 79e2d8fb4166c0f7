package io.loupe.workbench.text;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A text's tokens and where in the text each of them comes from. Spans may overlap: the tokens for
 * the bytes of one character all have that character's span, and so has a space that the tokenizer
 * put before the text. Special tokens that were added have an empty span.
 */
public final class Encoding {
  private final String text;
  private final long[] ids;
  private final List<CharSpan> spans;

  /**
   * Keeps copies.
   *
   * @param text the text that was encoded
   * @param ids token ids
   * @param spans the span of each token in the text
   */
  public Encoding(String text, long[] ids, List<CharSpan> spans) {
    if (ids.length != spans.size()) {
      throw new IllegalArgumentException(
          "Expected a span for each of " + ids.length + " tokens, got " + spans.size());
    }
    for (CharSpan span : spans) {
      if (span.end() > text.length()) {
        throw new IllegalArgumentException(
            "Span " + span + " ends behind a text of " + text.length() + " characters");
      }
    }
    this.text = text;
    this.ids = ids.clone();
    this.spans = List.copyOf(spans);
  }

  /** Returns the text that was encoded. */
  public String text() {
    return text;
  }

  /** Returns a copy of the token ids. */
  public long[] ids() {
    return ids.clone();
  }

  /** Returns the number of tokens. */
  public int size() {
    return ids.length;
  }

  /** Returns the span of each token. */
  public List<CharSpan> spans() {
    return spans;
  }

  /**
   * Returns the positions, from 0 and ascending, of the tokens that cover some of the characters
   * from {@code start} up to, not including, {@code end}.
   *
   * @throws IllegalArgumentException if this is no range of characters of the text
   */
  public List<Integer> positions(int start, int end) {
    if (start < 0 || end <= start || end > text.length()) {
      throw new IllegalArgumentException(
          "Expected 0 <= start < end <= " + text.length() + ", got [" + start + ", " + end + ")");
    }
    CharSpan wanted = new CharSpan(start, end);
    return IntStream.range(0, ids.length)
        .filter(i -> spans.get(i).overlaps(wanted))
        .boxed()
        .toList();
  }

  @Override
  public String toString() {
    return ids.length + " tokens of \"" + text + "\"";
  }
}
