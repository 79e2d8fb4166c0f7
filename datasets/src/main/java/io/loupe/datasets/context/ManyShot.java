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
import io.loupe.datasets.words.Words.WordPair;
import java.util.ArrayList;
import java.util.List;

/**
 * Classification with many examples in the prompt: short reviews, positive or negative (Agarwal et
 * al. 2024, Many-Shot In-Context Learning; flipped labels as in Wei et al. 2023, Larger language
 * models do in-context learning differently).
 *
 * <p>Spans: {@code review1}, {@code label1} and so on; {@code query}, and in it {@code adjective}.
 * The adjective that is asked about stands in none of the examples and stays in one split.
 */
public final class ManyShot extends TextTask {
  /** What is changed. */
  public enum Corruption {
    /** The adjective that is asked about is of the other kind. */
    QUERY,
    /** All labels of the examples are the other one. */
    LABELS
  }

  private static final String NAME = "many-shot";

  private final int shots;
  private final Corruption corruption;
  private final List<WordPair> adjectives;
  private final Groups<WordPair> asked;
  private final List<String> things;

  /** The task with 8 examples and the query changed, on words. */
  public ManyShot() {
    this(8, Corruption.QUERY, TextTokens.words());
  }

  /**
   * The task of this size for a tokenizer.
   *
   * @param shots how many examples stand in the prompt, 1 or more
   * @throws IllegalArgumentException if the tokenizer splits the labels or too many adjectives
   */
  public ManyShot(int shots, Corruption corruption, TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Positive or negative, after %d examples? Corrupted: %s."
                .formatted(
                    shots,
                    corruption == Corruption.QUERY
                        ? "the adjective that is asked about"
                        : "all labels of the examples"),
            "Agarwal et al. 2024, Many-Shot In-Context Learning; Wei et al. 2023, Larger language"
                + " models do in-context learning differently"),
        tokens);
    if (shots < 1) {
      throw new IllegalArgumentException("Expected one example or more, got " + shots);
    }
    this.shots = shots;
    this.corruption = corruption;
    Fitting fitting = new Fitting(NAME, tokens);
    fitting.words("labels", List.of("positive", "negative"), 2);
    adjectives = fitting.words("adjectives", Words.feelings(), WordPair::subject, 4);
    List<WordPair> kept = adjectives.stream().filter(word -> !opposites(word).isEmpty()).toList();
    fitting.need("adjectives of both kinds", kept.size(), adjectives.size(), 4, List.of());
    asked = Groups.of(NAME, Words.feelings(), WordPair::subject).keep(kept::contains);
    things = Words.nouns("thing", "place").stream().map(Words.Noun::singular).toList();
  }

  @Override
  public ManyShot with(TextTokens tokens) {
    return new ManyShot(shots, corruption, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    WordPair word = choices.one(asked.in(split));
    String thing = choices.one(things);
    List<WordPair> rest = adjectives.stream().filter(other -> !other.equals(word)).toList();
    List<WordPair> examples = new ArrayList<>();
    List<String> about = new ArrayList<>();
    for (int i = 0; i < shots; i++) {
      examples.add(choices.one(rest));
      about.add(choices.one(things));
    }
    about.add(thing);
    boolean flip = corruption == Corruption.LABELS;
    WordPair other = flip ? word : choices.anyOf(opposites(word));
    return new PromptPair(
        text(examples, about, word, false),
        text(examples, about, other, flip),
        " " + word.object(),
        " " + flipped(word.object()),
        word.subject(),
        split);
  }

  private List<WordPair> opposites(WordPair word) {
    return adjectives.stream().filter(other -> !other.object().equals(word.object())).toList();
  }

  private static Prompt text(
      List<WordPair> examples, List<String> about, WordPair asked, boolean flip) {
    PromptText text = new PromptText();
    for (int i = 0; i < examples.size(); i++) {
      WordPair example = examples.get(i);
      int start = text.length();
      text.add("Review: The %s was %s.".formatted(about.get(i), example.subject()));
      text.mark("review" + (i + 1), start).add("\nLabel: ");
      text.add("label" + (i + 1), flip ? flipped(example.object()) : example.object()).add("\n");
    }
    int start = text.length();
    text.add("Review: The %s was ".formatted(about.get(examples.size())));
    text.add("adjective", asked.subject()).add(".").mark("query", start);
    return text.add("\nLabel:").prompt();
  }

  private static String flipped(String label) {
    return label.equals("positive") ? "negative" : "positive";
  }
}
