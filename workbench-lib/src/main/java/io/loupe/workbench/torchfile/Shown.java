package io.loupe.workbench.torchfile;

/** Texts from a file, as they may stand in a message. */
final class Shown {
  private static final int LONGEST = 100;

  private Shown() {}

  /** Returns the text in quotes, shortened, with what cannot be printed as question marks. */
  static String text(String text) {
    String start = text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text;
    return "'" + start.replaceAll("\\p{C}", "?") + "'";
  }
}
