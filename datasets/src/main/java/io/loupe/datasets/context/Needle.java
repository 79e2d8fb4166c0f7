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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A needle in a haystack: one sentence among many others holds the answer (Kamradt 2023, Needle in
 * a Haystack: Pressure Testing LLMs; the kinds have papers of their own, see {@link NeedleKind}).
 *
 * <p>A text has at most {@code length} tokens and less than a sentence fewer; the needle stands
 * behind {@code depth} of the other sentences. Spans: {@code needle}, in it {@code key} (not for
 * the pass key) and {@code value}; {@code question}, and in it {@code asked} where there is a key;
 * {@code needle1} and so on for further needles. The answer is the value. Corrupted: the value is
 * another one, which is the wrong answer. What the kind asks for stays in one split. The first
 * sentence of the haystack is one of the counted choices, the others follow from the example.
 */
public final class Needle extends TextTask {
  private final NeedleKind kind;
  private final int length;
  private final double depth;
  private final int keys;
  private final Filler filler;
  private final NeedleWords words;
  private final Groups<String> asked;

  /** A text of 256 tokens with the needle in the middle, on words. */
  public Needle(NeedleKind kind) {
    this(kind, 256, 0.5, TextTokens.words());
  }

  /** A needle of this kind; {@link NeedleKind#MANY_KEYS} has 4. */
  public Needle(NeedleKind kind, int length, double depth, TextTokens tokens) {
    this(kind, length, depth, kind == NeedleKind.MANY_KEYS ? 4 : 1, tokens);
  }

  /**
   * A needle of this kind at this place.
   *
   * @param length tokens of the text, question included
   * @param depth where the needle stands, from 0 (in front) to 1 (just before the question)
   * @param keys how many needles there are: 1, but for {@link NeedleKind#MANY_KEYS}
   * @throws IllegalArgumentException if needles and question alone are longer, or the tokenizer
   *     splits too many of the words that are asked for
   */
  public Needle(NeedleKind kind, int length, double depth, int keys, TextTokens tokens) {
    super(
        new TaskInfo(
            kind.taskName(),
            kind.description() + " Corrupted: the value in the needle.",
            kind.source()),
        tokens);
    if (!(depth >= 0 && depth <= 1)) {
      throw new IllegalArgumentException("Expected a depth from 0 to 1, got " + depth);
    }
    if (keys < 1 || (kind != NeedleKind.MANY_KEYS && keys > 1)) {
      throw new IllegalArgumentException(
          "Expected 1 needle, or more of kind MANY_KEYS, got %d of %s".formatted(keys, kind));
    }
    this.kind = kind;
    this.length = length;
    this.depth = depth;
    this.keys = keys;
    filler = new Filler(kind.taskName(), tokens);
    words = new NeedleWords(kind, new Fitting(kind.taskName(), tokens), keys);
    List<String> kept = words.groups();
    asked = Groups.of(kind.taskName(), words.allGroups(), group -> group).keep(kept::contains);
    int least = words.longest(filler) + 40;
    if (length < least) {
      throw new IllegalArgumentException(
          "Task '%s' needs a length of %d tokens or more for %d needle%s and a question, got %d"
              .formatted(kind.taskName(), least, keys, keys == 1 ? "" : "s", length));
    }
  }

  /**
   * Returns a task for each length and depth, depths within lengths.
   *
   * @param lengths in tokens
   * @param depths from 0 to 1
   */
  public static List<Needle> grid(
      NeedleKind kind, List<Integer> lengths, List<Double> depths, TextTokens tokens) {
    List<Needle> grid = new ArrayList<>();
    for (int length : lengths) {
      for (double depth : depths) {
        grid.add(new Needle(kind, length, depth, tokens));
      }
    }
    return List.copyOf(grid);
  }

  /** Returns the most tokens that a text has. */
  public int length() {
    return length;
  }

  /** Returns where the needle stands, from 0 to 1. */
  public double depth() {
    return depth;
  }

  @Override
  public Needle with(TextTokens tokens) {
    return new Needle(kind, length, depth, keys, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    String group = choices.one(asked.in(split));
    NeedleWords.Fact fact = words.fact(group, choices);
    List<NeedleWords.Fact> others = words.others(fact, keys - 1, choices);
    String first = filler.first(choices);
    String wrong = words.otherValue(fact, others, choices);
    long state = choices.free().nextLong();
    return new PromptPair(
        text(fact, others, first, new Random(state)),
        text(fact.with(wrong), others, first, new Random(state)),
        " " + fact.value(),
        " " + wrong,
        group,
        split);
  }

  private Prompt text(
      NeedleWords.Fact fact, List<NeedleWords.Fact> others, String first, Random random) {
    Prompt needle = kind.needle(fact, "");
    Prompt question = kind.question(fact);
    List<Prompt> more = new ArrayList<>();
    for (int i = 0; i < others.size(); i++) {
      more.add(kind.needle(others.get(i), Integer.toString(i + 1)));
    }
    int fixed = filler.count(" " + first) + filler.count(needle.text());
    fixed += filler.count(question.text());
    fixed += more.stream().mapToInt(other -> filler.count(other.text())).sum();
    List<Prompt> sentences = new ArrayList<>();
    filler.sentences(length - fixed, random).forEach(s -> sentences.add(Prompt.of(s)));
    for (Prompt other : more) {
      sentences.add(random.nextInt(sentences.size() + 1), other);
    }
    sentences.add((int) Math.round(depth * sentences.size()), needle);
    PromptText text = new PromptText().add(first);
    sentences.forEach(text::add);
    return text.add(question).prompt();
  }
}
