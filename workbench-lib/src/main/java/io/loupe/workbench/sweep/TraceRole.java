package io.loupe.workbench.sweep;

import io.loupe.workbench.site.Span;
import java.util.stream.IntStream;

/**
 * What a position is to the span that gets the noise: what prompts of unequal length have in common
 * (Meng et al. 2022, figure 2).
 */
public enum TraceRole {
  BEFORE("before the span"),
  FIRST("span: first"),
  MIDDLE("span: middle"),
  LAST("span: last"),
  NEXT("behind the span"),
  FURTHER("further tokens"),
  END("last token");

  private final String words;

  TraceRole(String words) {
    this.words = words;
  }

  /**
   * Returns the positions that play the role in a prompt; none if it has none. The only token of a
   * span is its last, and a prompt's last token is its end, unless it is in the span.
   *
   * @param length of the prompt, in tokens
   */
  IntStream positions(Span span, int length) {
    int last = span.end() - 1;
    int end = Math.max(length - 1, span.end());
    return switch (this) {
      case BEFORE -> IntStream.range(0, span.start());
      case FIRST -> IntStream.range(span.start(), Math.min(span.start() + 1, last));
      case MIDDLE -> IntStream.range(span.start() + 1, last);
      case LAST -> IntStream.of(last);
      case NEXT -> IntStream.range(span.end(), Math.min(span.end() + 1, end));
      case FURTHER -> IntStream.range(span.end() + 1, end);
      case END -> IntStream.range(end, length);
    };
  }

  @Override
  public String toString() {
    return words;
  }
}
