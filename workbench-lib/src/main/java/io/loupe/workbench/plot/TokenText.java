package io.loupe.workbench.plot;

import java.util.List;

/**
 * Makes tokens readable as labels: whitespace and control characters that would not be seen, or
 * would break the line, are written with visible signs. What is visible already ({@code ▁}, {@code
 * Ġ}) stays.
 */
public final class TokenText {
  private TokenText() {}

  /**
   * Returns a token with its outer spaces as {@code ·}, line ends as {@code ↵}, tabs as {@code ⇥}
   * and other control characters as {@code \x07}. Single spaces between words stay.
   */
  public static String visible(String token) {
    StringBuilder out = new StringBuilder(token.length() + 2);
    int end = token.length();
    int start = 0;
    while (start < end && isSpace(token.charAt(start))) {
      start++;
    }
    int last = end;
    while (last > start && isSpace(token.charAt(last - 1))) {
      last--;
    }
    for (int i = 0; i < end; i++) {
      append(out, token.charAt(i), i < start || i >= last);
    }
    return out.toString();
  }

  static List<String> visible(List<String> tokens) {
    return tokens.stream().map(TokenText::visible).toList();
  }

  private static void append(StringBuilder out, char c, boolean outer) {
    if (c == '\n') {
      out.append('↵');
    } else if (c == '\r') {
      out.append("\\r");
    } else if (c == '\t') {
      out.append('⇥');
    } else if (isSpace(c)) {
      out.append(outer || c != ' ' ? '·' : c);
    } else if (Character.isISOControl(c)) {
      out.append("\\x%02X".formatted((int) c));
    } else {
      out.append(c);
    }
  }

  private static boolean isSpace(char c) {
    return Character.isSpaceChar(c) && c != '\n';
  }
}
