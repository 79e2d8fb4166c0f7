package io.loupe.datasets.language;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.Groups;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.Template;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Successors: "The list goes on: Monday, Tuesday, Wednesday," is followed by "Thursday" (Gould et
 * al. 2023, Successor Heads: Recurring, Interpretable Attention Heads In The Wild).
 *
 * <p>Spans: {@code first}, {@code second}, {@code third}. Corrupted: the series starts elsewhere;
 * the wrong answer follows that. A start with its sentence is in one split. Parts of a series that
 * the tokenizer splits are left out.
 */
public final class Successor extends TextTask {
  /** A series. */
  public enum Series {
    /** 1 to 99. */
    NUMBERS(false, IntStream.rangeClosed(1, 99).mapToObj(Integer::toString)),
    /** one to twenty. */
    NUMBER_WORDS(
        false,
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
            + " sixteen seventeen eighteen nineteen twenty"),
    /** first to twelfth. */
    ORDINALS(
        false, "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"),
    /** Monday to Sunday, and on. */
    DAYS(true, "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    /** January to December, and on. */
    MONTHS(
        true,
        "January February March April May June July August September October November December"),
    /** A to Z. */
    LETTERS(false, IntStream.rangeClosed('A', 'Z').mapToObj(Character::toString));

    private final boolean cyclic;
    private final List<String> items;

    Series(boolean cyclic, Stream<String> items) {
      this.cyclic = cyclic;
      this.items = items.toList();
    }

    Series(boolean cyclic, String items) {
      this(cyclic, Stream.of(items.split(" ")));
    }

    /** Returns its parts, in order. */
    public List<String> items() {
      return items;
    }

    /** Tells whether the first part follows the last. */
    public boolean isCyclic() {
      return cyclic;
    }

    /** Returns runs of four. */
    private List<List<String>> runs() {
      int starts = cyclic ? items.size() : items.size() - 3;
      return IntStream.range(0, starts)
          .mapToObj(
              start ->
                  IntStream.range(start, start + 4)
                      .mapToObj(i -> items.get(i % items.size()))
                      .toList())
          .toList();
    }
  }

  private static final String NAME = "successor";
  private static final List<Template> TEMPLATES =
      Template.all(
          "The list goes on: {first}, {second}, {third},",
          "In order: {first}, {second}, {third},",
          "Say {first}, then {second}, then {third}, then",
          "After {first}, {second} and {third} comes",
          "They are called {first}, {second}, {third} and",
          "We went from {first} to {second}, from {second'} to {third}, and from {third'} to");

  private record Item(Series series, List<String> run, Template template) {
    String key() {
      return series + "/" + run.get(0) + "/" + template.text();
    }
  }

  private final Set<Series> series;
  private final Groups<Item> items;

  /** The task with all series, on words. */
  public Successor() {
    this(EnumSet.allOf(Series.class), TextTokens.words());
  }

  /**
   * The task with these series for this tokenizer.
   *
   * @throws IllegalArgumentException if the tokenizer leaves no series two runs of four
   */
  public Successor(Set<Series> series, TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "What comes next? Corrupted: the series starts elsewhere.",
            "Gould et al. 2023, Successor Heads: Recurring, Interpretable Attention Heads In The"
                + " Wild"),
        tokens);
    this.series = Set.copyOf(series);
    Fitting fitting = new Fitting(NAME, tokens);
    List<String> words =
        series.stream().sorted().flatMap(s -> s.items.stream()).distinct().toList();
    Set<String> single = Set.copyOf(fitting.words("parts of series", words, 5));
    List<Item> all = new ArrayList<>();
    series.stream()
        .sorted()
        .forEach(s -> s.runs().forEach(r -> TEMPLATES.forEach(t -> all.add(new Item(s, r, t)))));
    Groups<Item> kept = Groups.of(NAME, all, Item::key).keep(item -> single.containsAll(item.run));
    items = kept.keep(item -> kept.all().stream().anyMatch(other -> comparable(item, other)));
    fitting.need("runs of a series", items.all().size(), all.size(), 1, List.of());
  }

  @Override
  public Successor with(TextTokens tokens) {
    return new Successor(series, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    Item item = choices.one(items.in(split));
    Item other =
        choices.anyOf(items.all().stream().filter(another -> comparable(item, another)).toList());
    return new PromptPair(
        fill(item), fill(other), " " + item.run.get(3), " " + other.run.get(3), item.key(), split);
  }

  private static boolean comparable(Item one, Item other) {
    return one.series == other.series
        && one.template.equals(other.template)
        && !one.run.equals(other.run);
  }

  private static Prompt fill(Item item) {
    List<String> run = item.run;
    return item.template.fill(
        Map.of(
            "first",
            run.get(0),
            "second",
            run.get(1),
            "third",
            run.get(2),
            "second'",
            run.get(1),
            "third'",
            run.get(2)));
  }
}
