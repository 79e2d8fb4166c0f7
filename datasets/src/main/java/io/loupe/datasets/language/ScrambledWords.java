package io.loupe.datasets.language;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.Groups;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.Template;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Scrambled words: which word has these letters? The first and the last letter stay in place (Word
 * Form Matters: LLMs' Semantic Reconstruction under Typoglycemia, 2025).
 *
 * <p>Span: {@code scrambled}. The answer is the word itself. Corrupted: another word, scrambled
 * too, of as many tokens; it is the wrong answer. A word stays in one split with all its scrambles.
 */
public final class ScrambledWords extends TextTask {
  private static final String NAME = "scrambled-words";
  private static final int SCRAMBLES = 4;
  private static final List<Template> TEMPLATES =
      Template.all(
          "With its letters in order, the word {scrambled} reads",
          "They wrote {scrambled} but they meant",
          "The letters of {scrambled} are those of the word");

  private record Item(String word, String scrambled) {}

  private final double share;
  private final Fitting fitting;
  private final Groups<Item> items;

  /** The task with all inner letters moved where possible, on words. */
  public ScrambledWords() {
    this(1, TextTokens.words());
  }

  /**
   * The task for a tokenizer.
   *
   * @param share how much of the inner letters changes places, above 0 to 1; two letters at least
   * @throws IllegalArgumentException if the tokenizer splits too many words
   */
  public ScrambledWords(double share, TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Which word has its inner letters mixed up? Corrupted: another such word.",
            "Word Form Matters: LLMs' Semantic Reconstruction under Typoglycemia, 2025"),
        tokens);
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("Expected a share above 0, up to 1, got " + share);
    }
    this.share = share;
    fitting = new Fitting(NAME, tokens);
    List<String> all =
        Words.nouns("person", "animal", "thing", "place").stream()
            .map(Words.Noun::singular)
            .filter(word -> word.length() >= 5)
            .toList();
    List<String> single = fitting.words("words", all, 2);
    Groups<Item> kept =
        Groups.of(NAME, items(all), Item::word).keep(item -> single.contains(item.word));
    items = kept.keep(item -> kept.all().stream().anyMatch(other -> comparable(item, other)));
    fitting.need("scrambled words of equal length", items.all().size(), all.size(), 2, List.of());
  }

  @Override
  public ScrambledWords with(TextTokens tokens) {
    return new ScrambledWords(share, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    Item item = choices.one(items.in(split));
    Template template = choices.one(TEMPLATES);
    Item other =
        choices.anyOf(items.all().stream().filter(another -> comparable(item, another)).toList());
    return new PromptPair(
        template.fill(Map.of("scrambled", item.scrambled)),
        template.fill(Map.of("scrambled", other.scrambled)),
        " " + item.word,
        " " + other.word,
        item.word,
        split);
  }

  private boolean comparable(Item one, Item other) {
    return !one.word.equals(other.word)
        && fitting.length(one.scrambled) == fitting.length(other.scrambled);
  }

  private List<Item> items(List<String> words) {
    List<Item> items = new ArrayList<>();
    Set<String> seen = new LinkedHashSet<>(words);
    for (String word : words) {
      // the scrambles follow from the word
      Random random = new Random(word.hashCode());
      for (int i = 0; i < SCRAMBLES; i++) {
        String scrambled = scramble(word, random);
        if (seen.add(scrambled)) {
          items.add(new Item(word, scrambled));
        }
      }
    }
    return items;
  }

  /** Turns a random choice of the inner letters round by one place. */
  private String scramble(String word, Random random) {
    int inner = word.length() - 2;
    int moved = Math.max(2, (int) Math.round(share * inner));
    List<Integer> places = new ArrayList<>(IntStream.rangeClosed(1, inner).boxed().toList());
    Collections.shuffle(places, random);
    StringBuilder letters = new StringBuilder(word);
    for (int i = 0; i < moved; i++) {
      letters.setCharAt(places.get(i), word.charAt(places.get((i + 1) % moved)));
    }
    return letters.toString();
  }
}
