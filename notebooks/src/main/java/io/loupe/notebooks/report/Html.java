package io.loupe.notebooks.report;

/** Text in HTML. */
final class Html {
  private Html() {}

  /** Returns the text with the characters that mean something to HTML replaced, quotes too. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
