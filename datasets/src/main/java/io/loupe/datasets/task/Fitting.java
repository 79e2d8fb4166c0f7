package io.loupe.datasets.task;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Leaves out what a tokenizer does not cut as a task needs it. */
public final class Fitting {
  /** A word that stands before those that are looked at; nearly every tokenizer has it. */
  private static final String BEFORE = "and";

  private final String task;
  private final TextTokens tokens;
  private final Map<String, Integer> lengths = new ConcurrentHashMap<>();

  /**
   * Makes the filter of a task.
   *
   * @param task its name, for messages
   */
  public Fitting(String task, TextTokens tokens) {
    this.task = task;
    this.tokens = tokens;
  }

  /**
   * Returns the words that are one token when they follow a space.
   *
   * @param least how many the task needs
   * @throws IllegalArgumentException if there are fewer; it names some that are split
   */
  public List<String> words(String what, List<String> words, int least) {
    return words(what, words, word -> word, least);
  }

  /**
   * Returns the things whose word is one token when it follows a space. If there are too few, but
   * the tokenizer keeps the space apart and the word whole, as many do with numbers, returns those;
   * {@link TextTask} then leaves the space before an answer to the prompt.
   */
  public <T> List<T> words(String what, List<T> things, Function<T, String> word, int least) {
    List<T> kept = things.stream().filter(thing -> isSingle(word.apply(thing))).toList();
    if (kept.size() < least) {
      List<T> apart = things.stream().filter(thing -> isApart(word.apply(thing))).toList();
      if (apart.size() >= least) {
        return apart;
      }
    }
    List<String> split = things.stream().map(word).filter(text -> !isSingle(text)).toList();
    need(what, kept.size(), things.size(), least, split);
    return kept;
  }

  /** Returns whether a word is one token when it follows a space. */
  public boolean isSingle(String word) {
    return length(word) == 1;
  }

  private boolean isApart(String word) {
    long[] rest = tokens.continuation(BEFORE, " " + word);
    OptionalLong whole = tokens.single(BEFORE + " ", word);
    return rest != null && rest.length == 2 && whole.isPresent() && whole.getAsLong() == rest[1];
  }

  /** Returns how many tokens a text has when it follows a space; -1 if it cannot be told. */
  public int length(String text) {
    return lengths.computeIfAbsent(
        text,
        added -> {
          long[] rest = tokens.continuation(BEFORE, " " + added);
          return rest == null ? -1 : rest.length;
        });
  }

  /**
   * Refuses a tokenizer that leaves too few.
   *
   * @param split words that it splits, for the message
   */
  public void need(String what, int kept, int all, int least, List<String> split) {
    if (kept >= least) {
      return;
    }
    String examples =
        split.stream()
            .limit(4)
            .map(word -> "'%s' is %s".formatted(word, pieces(word)))
            .reduce((a, b) -> a + ", " + b)
            .orElse("there is none");
    throw new IllegalArgumentException(
        ("Task '%s' needs %d %s that this tokenizer keeps as single tokens, it keeps %d of %d (%s);"
                + " take another task or another model's tokenizer")
            .formatted(task, least, what, kept, all, examples));
  }

  private String pieces(String word) {
    int length = length(word);
    return length < 0 ? "merged with what stands before it" : length + " tokens";
  }
}
