package io.loupe.datasets.context;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.Groups;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.PromptText;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Key-value recall in words: "List: the cup 17, the ring 52, ... Now the ring" is followed by 52
 * (the key-value retrieval of Liu et al. 2024, Lost in the Middle, with words for keys and numbers
 * of two digits for values).
 *
 * <p>Spans: {@code key1}, {@code value1} and so on; {@code asked}. The answer is the asked key's
 * value, the wrong one another key's. Corrupted: that other key is asked for. The asked key stays
 * in one split. No two keys have the same value.
 */
public final class KeyValueText extends TextTask {
  private static final String NAME = "key-value";

  private final int pairs;
  private final List<String> keys;
  private final List<String> values;
  private final Groups<String> asked;

  /** The task with 8 pairs, on words. */
  public KeyValueText() {
    this(8, TextTokens.words());
  }

  /**
   * The task of this size for a tokenizer.
   *
   * @param pairs how many pairs are listed, 2 or more
   * @throws IllegalArgumentException if the tokenizer keeps fewer keys or numbers whole
   */
  public KeyValueText(int pairs, TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Which number stood behind the word? Corrupted: another word of the list is asked.",
            "Liu et al. 2024, Lost in the Middle: How Language Models Use Long Contexts"),
        tokens);
    if (pairs < 2) {
      throw new IllegalArgumentException("Expected two pairs or more, got " + pairs);
    }
    this.pairs = pairs;
    Fitting fitting = new Fitting(NAME, tokens);
    List<String> all =
        Words.nouns("thing", "animal", "person", "place").stream()
            .map(Words.Noun::singular)
            .toList();
    keys = fitting.words("keys", all, pairs);
    List<String> kept = keys;
    asked = Groups.of(NAME, all, key -> key).keep(kept::contains);
    List<String> numbers = IntStream.rangeClosed(10, 99).mapToObj(Integer::toString).toList();
    values = fitting.words("numbers", numbers, pairs);
  }

  @Override
  public KeyValueText with(TextTokens tokens) {
    return new KeyValueText(pairs, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    String key = choices.one(asked.in(split));
    List<String> rest = keys.stream().filter(k -> !k.equals(key)).toList();
    List<String> listed = new ArrayList<>(choices.distinct(rest, pairs - 1));
    int place = choices.below(pairs);
    listed.add(place, key);
    List<String> numbers = choices.distinct(values, pairs);
    int other = (place + 1 + choices.free().nextInt(pairs - 1)) % pairs;
    return new PromptPair(
        text(listed, numbers, key),
        text(listed, numbers, listed.get(other)),
        " " + numbers.get(place),
        " " + numbers.get(other),
        key,
        split);
  }

  private static Prompt text(List<String> keys, List<String> values, String asked) {
    PromptText text = new PromptText().add("List:");
    for (int i = 0; i < keys.size(); i++) {
      text.add(i == 0 ? " the " : ", the ").add("key" + (i + 1), keys.get(i)).add(" ");
      text.add("value" + (i + 1), values.get(i));
    }
    return text.add(". Now the ").add("asked", asked).prompt();
  }
}
