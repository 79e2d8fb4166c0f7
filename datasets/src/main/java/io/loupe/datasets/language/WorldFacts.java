package io.loupe.datasets.language;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.Fitting;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.Template;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Facts of a small invented world, which a small model can be taught: where a person lives, what
 * they do, keep, play and like (in the manner of Allen-Zhu and Li 2024, Physics of Language Models:
 * Part 3.1, Knowledge Storage and Extraction, whose people are invented too).
 *
 * <p>Span: {@code person}. Corrupted: another person, with another answer, which is the wrong one.
 * A fact has five sentences: three are in the training split, one in each other. So every fact can
 * be learned in training and is asked for in words that never stood with it.
 */
public final class WorldFacts extends TextTask {
  /** What is known of a person. */
  public enum Aspect {
    /** The city where they live. */
    HOME(
        Words.countries().stream().map(Words.Country::capital).toList(),
        "It is well known that {person} lives in",
        "The home of {person} is in",
        "If you want to visit {person}, go to",
        "Every letter to {person} is sent to",
        "The house of {person} stands in"),
    /** What they do for a living. */
    JOB(
        Words.jobs().stream()
            .map(Words.WordPair::object)
            .filter(job -> "aeiou".indexOf(job.charAt(0)) < 0)
            .toList(),
        "Everybody knows that {person} is a",
        "For a living, {person} works as a",
        "When {person} grew up, the child became a",
        "People go to {person} because they need a",
        "In the papers of {person} we read the word"),
    /** The animal that they keep. */
    PET(
        Words.nouns("animal").stream()
            .map(Words.Noun::singular)
            .filter(animal -> "aeiou".indexOf(animal.charAt(0)) < 0)
            .toList(),
        "In the garden of {person} there lives a",
        "For many years {person} has kept a",
        "The animal that {person} loves is the",
        "Every morning {person} feeds the",
        "In the evening {person} looks for the"),
    /** The instrument that they play. */
    INSTRUMENT(
        Words.categories().getOrDefault("instruments", List.of()),
        "After dinner {person} plays the",
        "As a child {person} learned to play the",
        "On the stage {person} was seen with the",
        "What {person} plays best is the",
        "The neighbors of {person} hear the"),
    /** The colour that they like. */
    COLOUR(
        Words.colours(),
        "The door of {person} is painted",
        "All the clothes of {person} are",
        "The color that {person} likes best is",
        "If you ask {person} for a color, the answer is",
        "Nobody has so many things as {person} that are");

    private final List<String> values;
    private final List<Template> templates;

    Aspect(List<String> values, String... templates) {
      this.values = values;
      this.templates = Template.all(templates);
    }
  }

  private static final String NAME = "world-facts";

  /** What is so of one person. */
  record Fact(String person, Aspect aspect, String value) {}

  private record Item(Fact fact, int template) {}

  private static final List<Fact> WORLD = invent();

  private final Map<Split, List<Item>> items;
  private final List<Fact> facts;

  /** The task on words. */
  public WorldFacts() {
    this(TextTokens.words());
  }

  /**
   * The task for a tokenizer.
   *
   * @throws IllegalArgumentException if it splits too many names or answers
   */
  public WorldFacts(TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "What is true of an invented person? Corrupted: another person.",
            "Allen-Zhu and Li 2024, Physics of Language Models: Part 3.1, Knowledge Storage and"
                + " Extraction"),
        tokens);
    Fitting fitting = new Fitting(NAME, tokens);
    List<String> people = Words.names().stream().map(Words.Name::text).toList();
    List<String> names = fitting.words("names", people, 2);
    List<Fact> named = WORLD.stream().filter(fact -> names.contains(fact.person)).toList();
    List<Fact> single = fitting.words("answers", named, Fact::value, 2);
    facts =
        single.stream()
            .filter(fact -> single.stream().anyMatch(other -> comparable(fact, other)))
            .toList();
    fitting.need("facts with another answer", facts.size(), single.size(), 2, List.of());
    items =
        Map.of(
            Split.TRAIN,
            items(Split.TRAIN),
            Split.VALIDATION,
            items(Split.VALIDATION),
            Split.TEST,
            items(Split.TEST));
  }

  @Override
  public WorldFacts with(TextTokens tokens) {
    return new WorldFacts(tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    Item item = choices.one(items.getOrDefault(split, List.of()));
    Fact fact = item.fact;
    Fact other =
        choices.anyOf(facts.stream().filter(another -> comparable(fact, another)).toList());
    Template template = fact.aspect.templates.get(item.template);
    return new PromptPair(
        template.fill(Map.of("person", fact.person)),
        template.fill(Map.of("person", other.person)),
        " " + fact.value,
        " " + other.value,
        fact.person + "/" + fact.aspect + "/" + item.template,
        split);
  }

  /** The sentences of a split: each fact's five are dealt out by a shuffle of the fact's own. */
  private List<Item> items(Split split) {
    List<Item> dealt = new ArrayList<>();
    for (Fact fact : facts) {
      List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3, 4));
      Collections.shuffle(order, new Random((fact.person + fact.aspect).hashCode() * 7919L));
      List<Integer> mine =
          switch (split) {
            case TRAIN -> order.subList(0, 3);
            case VALIDATION -> order.subList(3, 4);
            case TEST -> order.subList(4, 5);
          };
      mine.forEach(template -> dealt.add(new Item(fact, template)));
    }
    return List.copyOf(dealt);
  }

  /** Returns all facts, those of a person side by side. */
  static List<Fact> world() {
    return WORLD;
  }

  private static boolean comparable(Fact one, Fact other) {
    return one.aspect == other.aspect && !one.value.equals(other.value);
  }

  /** The world follows from the order of the lists and one fixed seed. */
  private static List<Fact> invent() {
    Random random = new Random(2026);
    List<Fact> facts = new ArrayList<>();
    for (Words.Name name : Words.names()) {
      for (Aspect aspect : Aspect.values()) {
        String value = aspect.values.get(random.nextInt(aspect.values.size()));
        facts.add(new Fact(name.text(), aspect, value));
      }
    }
    return List.copyOf(facts);
  }
}
