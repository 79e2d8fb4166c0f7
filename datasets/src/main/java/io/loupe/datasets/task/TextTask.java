package io.loupe.datasets.task;

import io.loupe.datasets.Prompt;
import java.math.BigInteger;
import java.util.List;
import java.util.stream.Stream;

/**
 * A task of texts. It knows the tokenizer: words that it would split are left out, so that answers
 * are single tokens and the two texts of a pair have the same number of tokens. Each pair is
 * checked when it is drawn. A tokenizer that keeps the space before a number apart gets prompts
 * that end in that space, and answers without it.
 */
public abstract class TextTask extends IndexedTask<PromptPair> {
  private final TextTokens tokens;

  protected TextTask(TaskInfo info, TextTokens tokens) {
    super(info);
    this.tokens = tokens;
  }

  /** Returns the same task for another tokenizer; splits keep their groups. */
  public abstract TextTask with(TextTokens tokens);

  /**
   * Makes a pair. Different choices must make different clean texts.
   *
   * @param split the split it must belong to
   */
  protected abstract PromptPair make(Split split, Choices choices);

  /** Returns the tokenizer. */
  public final TextTokens tokens() {
    return tokens;
  }

  /** Returns the id of each pair's first answer. */
  public final long[] answerIds(List<PromptPair> pairs) {
    return pairs.stream().mapToLong(pair -> single(pair, pair.answer())).toArray();
  }

  /** Returns the id of each pair's first wrong answer. */
  public final long[] wrongIds(List<PromptPair> pairs) {
    return pairs.stream().mapToLong(pair -> single(pair, pair.wrong())).toArray();
  }

  /**
   * Returns the ids of several answers of a pair, such as {@link PromptPair#answers()}.
   *
   * @throws IllegalArgumentException if one is not a single token behind the clean text
   */
  public final long[] idsOf(PromptPair pair, List<String> answers) {
    return answers.stream().mapToLong(answer -> single(pair, answer)).toArray();
  }

  @Override
  protected final BigInteger count(Split split) {
    return Choices.count(choices -> make(split, choices));
  }

  @Override
  protected final PromptPair example(Split split, BigInteger number) {
    PromptPair pair = spaced(make(split, Choices.of(number)));
    int clean = tokens.ids(pair.clean().text()).length;
    int corrupted = tokens.ids(pair.corrupted().text()).length;
    if (clean != corrupted) {
      throw new IllegalArgumentException(
          ("Task '%s': this tokenizer cuts words differently in other places, so that a pair has %d"
                  + " and %d tokens:\n%s\n%s")
              .formatted(name(), clean, corrupted, pair.clean().text(), pair.corrupted().text()));
    }
    Stream.of(pair.answer(), pair.wrong()).forEach(answer -> single(pair, answer));
    return pair;
  }

  /**
   * Where the tokenizer keeps the space before an answer apart, the space belongs to the prompt, so
   * that the answer is the next token.
   */
  private PromptPair spaced(PromptPair pair) {
    String clean = pair.clean().text();
    String answer = pair.answer();
    if (!answer.startsWith(" ")
        || tokens.single(clean, answer).isPresent()
        || tokens.single(clean + " ", answer.substring(1)).isEmpty()) {
      return pair;
    }
    return new PromptPair(
        spaced(pair.clean()),
        spaced(pair.corrupted()),
        pair.answers().stream().map(String::stripLeading).toList(),
        pair.wrongs().stream().map(String::stripLeading).toList(),
        pair.group(),
        pair.split());
  }

  private static Prompt spaced(Prompt prompt) {
    return new Prompt(prompt.text() + " ", prompt.spans());
  }

  private long single(PromptPair pair, String answer) {
    return tokens
        .single(pair.clean().text(), answer)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Task '%s': '%s' is no single token behind \"%s\""
                        .formatted(name(), answer, pair.clean().text())));
  }
}
