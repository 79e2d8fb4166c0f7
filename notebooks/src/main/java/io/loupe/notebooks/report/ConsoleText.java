package io.loupe.notebooks.report;

import java.util.regex.Pattern;

/** Makes what was printed for a terminal readable on paper. */
final class ConsoleText {
  private static final Pattern ESCAPES =
      Pattern.compile(
          "\\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)|[@-Z\\\\^_])");
  private static final Pattern OVERWRITTEN = Pattern.compile("(?m)^[^\\n]*\\r(?!\\n)(?=[^\\n])");
  private static final Pattern CONTROLS = Pattern.compile("[\\p{Cntrl}&&[^\\n\\t]]");

  private ConsoleText() {}

  /**
   * Returns the text without colours and other escape sequences; of a line that was written again
   * and again (a progress bar) the last state.
   */
  static String clean(String text) {
    String plain = ESCAPES.matcher(text).replaceAll("");
    String last = OVERWRITTEN.matcher(plain.replace("\r\n", "\n")).replaceAll("");
    return CONTROLS.matcher(last).replaceAll("");
  }
}
