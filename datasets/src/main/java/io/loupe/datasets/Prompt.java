package io.loupe.datasets;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A text in which some runs of characters have names, so that what is measured at them is asked for
 * by name: {@code Prompt.of("Mary gave a drink to").mark("subject", "Mary")}. Immutable.
 *
 * @param text the text; not empty
 * @param spans its named spans, in the order they were marked; they may overlap, their names differ
 */
public record Prompt(String text, List<TextSpan> spans) {
  public Prompt {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("A prompt needs a text that is not empty");
    }
    spans = List.copyOf(spans);
    for (TextSpan span : spans) {
      if (span.end() > text.length()) {
        throw new IllegalArgumentException(
            span + " ends behind the text, which has " + text.length() + " characters");
      }
    }
    if (spans.stream().map(TextSpan::name).distinct().count() < spans.size()) {
      throw new IllegalArgumentException("Every span needs a name of its own, got " + named(spans));
    }
  }

  /** Returns a prompt without named spans. */
  public static Prompt of(String text) {
    return new Prompt(text, List.of());
  }

  /**
   * Returns this prompt with one more named span: the only place where the substring occurs.
   *
   * @throws IllegalArgumentException if it occurs nowhere or more than once, or the name is taken
   */
  public Prompt mark(String name, String substring) {
    int count = occurrences(substring);
    if (count != 1) {
      throw new IllegalArgumentException(
          "Span '"
              + name
              + "': \""
              + substring
              + "\" occurs "
              + count
              + " times in the text, expected once"
              + (count == 0 ? "" : "; mark(name, start, end) takes a place"));
    }
    int start = text.indexOf(substring);
    return mark(name, start, start + substring.length());
  }

  /**
   * Returns this prompt with one more named span.
   *
   * @param start index of its first character
   * @param end index behind its last character
   * @throws IllegalArgumentException if this is no run of characters of the text, or the name is
   *     taken
   */
  public Prompt mark(String name, int start, int end) {
    List<TextSpan> more = new ArrayList<>(spans);
    more.add(new TextSpan(name, start, end));
    return new Prompt(text, more);
  }

  /**
   * Returns the span of that name.
   *
   * @throws IllegalArgumentException if there is none; it lists the names that there are
   */
  public TextSpan span(String name) {
    return spans.stream()
        .filter(span -> span.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "This prompt has no span '" + name + "'; it has " + named(spans)));
  }

  /** Returns the characters of the span of that name; see {@link #span}. */
  public String textOf(String name) {
    TextSpan span = span(name);
    return text.substring(span.start(), span.end());
  }

  private int occurrences(String substring) {
    if (substring.isEmpty()) {
      throw new IllegalArgumentException("Expected a substring to mark, got an empty one");
    }
    int count = 0;
    for (int at = text.indexOf(substring); at >= 0; at = text.indexOf(substring, at + 1)) {
      count++;
    }
    return count;
  }

  private static String named(List<TextSpan> spans) {
    return spans.isEmpty()
        ? "none"
        : spans.stream().map(TextSpan::name).collect(Collectors.joining("', '", "'", "'"));
  }
}
