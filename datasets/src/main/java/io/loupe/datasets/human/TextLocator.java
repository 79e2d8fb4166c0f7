package io.loupe.datasets.human;

import io.loupe.datasets.TextSpan;
import java.util.ArrayList;
import java.util.List;

/** Finds words of a table in the text that they are of. */
final class TextLocator {
  private TextLocator() {}

  /**
   * Returns where each word stands, one behind the other with white space between.
   *
   * @throws IllegalArgumentException if a word is not what comes next
   */
  static List<TextSpan> find(String text, List<String> words) {
    List<TextSpan> spans = new ArrayList<>();
    int at = 0;
    for (int w = 0; w < words.size(); w++) {
      String word = words.get(w).strip();
      while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
        at++;
      }
      if (word.isEmpty() || !text.startsWith(word, at)) {
        throw new IllegalArgumentException(
            "Expected word %d at character %d, \"%s\", got \"%s\""
                .formatted(w, at, start(text.substring(at)), word));
      }
      spans.add(new TextSpan(String.valueOf(w), at, at + word.length()));
      at += word.length();
    }
    return spans;
  }

  private static String start(String rest) {
    return rest.length() <= 30 ? rest : rest.substring(0, 30) + "...";
  }
}
