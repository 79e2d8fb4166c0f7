package io.loupe.datasets;

/**
 * A named run of a text's characters, as Java counts them: indices of {@code char}s.
 *
 * @param name what it is called, such as {@code needle}; not blank
 * @param start index of the first character
 * @param end index behind the last character; greater than start
 */
public record TextSpan(String name, int start, int end) {
  public TextSpan {
    if (name.isBlank()) {
      throw new IllegalArgumentException("A span needs a name that is not blank");
    }
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException(
          "Span '" + name + "' needs 0 <= start < end, got [" + start + ", " + end + ")");
    }
  }

  /** Returns the number of characters. */
  public int length() {
    return end - start;
  }
}
