package io.loupe.datasets.task;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.TextSpan;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;

/**
 * Two texts that differ inside named spans only.
 *
 * @param clean the text that the answer follows
 * @param corrupted the text with what decides the answer changed; its spans have the same names
 * @param answers the tokens that may follow the clean text, with their leading space, best first
 * @param wrongs the tokens that they are compared with, best first; none is an answer
 * @param group what is kept in one split
 * @param split the split of the clean text
 */
public record PromptPair(
    Prompt clean,
    Prompt corrupted,
    List<String> answers,
    List<String> wrongs,
    String group,
    Split split)
    implements Pair<Prompt> {
  public PromptPair {
    answers = List.copyOf(answers);
    wrongs = List.copyOf(wrongs);
    if (answers.isEmpty() || wrongs.isEmpty()) {
      throw new IllegalArgumentException("A pair needs an answer and a wrong one");
    }
    if (!Collections.disjoint(answers, new HashSet<>(wrongs))) {
      throw new IllegalArgumentException("Some answers are wrong: " + answers + ", " + wrongs);
    }
    List<String> names = clean.spans().stream().map(TextSpan::name).toList();
    if (!names.equals(corrupted.spans().stream().map(TextSpan::name).toList())) {
      throw new IllegalArgumentException(
          "Clean and corrupted need spans of the same names, got %s and %s"
              .formatted(names, corrupted.spans()));
    }
    List<String> changed = changed(clean, corrupted);
    if (changed.isEmpty() || !rest(clean, changed).equals(rest(corrupted, changed))) {
      throw new IllegalArgumentException(
          "Clean and corrupted must differ inside named spans and nowhere else, got\n%s\n%s"
              .formatted(clean.text(), corrupted.text()));
    }
  }

  /** A pair with one answer and one wrong answer. */
  public PromptPair(
      Prompt clean, Prompt corrupted, String answer, String wrong, String group, Split split) {
    this(clean, corrupted, List.of(answer), List.of(wrong), group, split);
  }

  /** Returns the first answer. */
  public String answer() {
    return answers.get(0);
  }

  /** Returns the first wrong answer. */
  public String wrong() {
    return wrongs.get(0);
  }

  /**
   * Returns the names of the spans whose text the corruption changes, without those that merely
   * contain another one.
   */
  public List<String> changed() {
    return changed(clean, corrupted);
  }

  private static List<String> changed(Prompt clean, Prompt corrupted) {
    List<TextSpan> differing =
        clean.spans().stream()
            .filter(span -> !clean.textOf(span.name()).equals(corrupted.textOf(span.name())))
            .toList();
    return differing.stream()
        .filter(span -> differing.stream().noneMatch(other -> inside(other, span)))
        .map(TextSpan::name)
        .toList();
  }

  private static boolean inside(TextSpan inner, TextSpan outer) {
    return inner.length() < outer.length()
        && inner.start() >= outer.start()
        && inner.end() <= outer.end();
  }

  /** The text with a gap in place of each of these spans. */
  private static String rest(Prompt prompt, List<String> without) {
    StringBuilder text = new StringBuilder(prompt.text());
    without.stream()
        .map(name -> new TextSpan("gap", prompt.span(name).start(), prompt.span(name).end()))
        .distinct() // a run of text may have two names
        .sorted(Comparator.comparing(TextSpan::start).reversed())
        .forEach(span -> text.replace(span.start(), span.end(), "\0"));
    return text.toString();
  }
}
