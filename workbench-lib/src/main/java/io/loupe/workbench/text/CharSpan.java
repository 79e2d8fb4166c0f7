package io.loupe.workbench.text;

/**
 * A run of a text's characters, as Java counts them: indices of {@code char}s, so that {@code
 * text.substring(start, end)} is its content.
 *
 * @param start index of the first character
 * @param end index behind the last character; equal to start for an empty span
 */
public record CharSpan(int start, int end) {
  public CharSpan {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException(
          "A span needs 0 <= start <= end, got [" + start + ", " + end + ")");
    }
  }

  /** Tells whether it covers no character, as the span of a special token that was added. */
  public boolean isEmpty() {
    return start == end;
  }

  /** Tells whether the two spans have a character in common. */
  public boolean overlaps(CharSpan other) {
    return Math.max(start, other.start) < Math.min(end, other.end);
  }
}
