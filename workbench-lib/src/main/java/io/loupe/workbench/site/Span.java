package io.loupe.workbench.site;

/**
 * A named run of tokens of one prompt.
 *
 * @param name what it is called, e.g. {@code needle}
 * @param start its first position, counted from 0 over the prompt's own tokens (padding is not
 *     counted)
 * @param end the position behind its last
 */
public record Span(String name, int start, int end) {
  public Span {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "Span '%s' needs 0 <= start < end; got [%d, %d)".formatted(name, start, end));
    }
  }

  public int length() {
    return end - start;
  }
}
