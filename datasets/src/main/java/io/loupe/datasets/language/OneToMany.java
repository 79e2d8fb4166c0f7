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
import io.loupe.datasets.words.Words;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One-to-many facts: "Here are three fruits: apple, pear and" may be followed by any other fruit,
 * and not by one that was named (in the manner of Promote, Suppress, Iterate: How Language Models
 * Answer One-to-Many Factual Queries, 2025).
 *
 * <p>Spans: {@code category}, {@code first}, {@code second}. The answers are all members of the
 * category that are not named; the wrong ones first those of the corrupted category, then the two
 * that were named. Corrupted: another category with two of its members. A category with its first
 * member stays in one split.
 */
public final class OneToMany extends TextTask {
  private static final String NAME = "one-to-many";
  private static final List<Template> TEMPLATES =
      Template.all(
          "Here are three {category}: {first}, {second} and",
          "Some {category} are {first}, {second} and",
          "Name three {category}. They are {first}, {second} and");

  private record Item(String category, String first, String second) {}

  private final Fitting fitting;
  private final Map<String, List<String>> members = new LinkedHashMap<>();
  private final Groups<Item> items;

  /** The task on words. */
  public OneToMany() {
    this(TextTokens.words());
  }

  /**
   * The task for a tokenizer.
   *
   * @throws IllegalArgumentException if it splits nearly all members of nearly all categories
   */
  public OneToMany(TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Which other member of the category? Corrupted: another category.",
            "Promote, Suppress, Iterate: How Language Models Answer One-to-Many Factual Queries,"
                + " 2025"),
        tokens);
    fitting = new Fitting(NAME, tokens);
    Map<String, List<String>> all = Words.categories();
    List<String> words = all.values().stream().flatMap(List::stream).toList();
    List<String> single = fitting.words("members of categories", words, 6);
    all.forEach(
        (category, of) -> members.put(category, of.stream().filter(single::contains).toList()));
    members.values().removeIf(of -> of.size() < 3);
    List<String> usable =
        members.keySet().stream().filter(category -> !others(category).isEmpty()).toList();
    fitting.need("categories (with three members each)", usable.size(), all.size(), 2, words);
    items =
        Groups.of(NAME, items(all), item -> item.category + "/" + item.first)
            .keep(
                i -> usable.contains(i.category) && single.containsAll(List.of(i.first, i.second)));
  }

  @Override
  public OneToMany with(TextTokens tokens) {
    return new OneToMany(tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    Item item = choices.one(items.in(split));
    Template template = choices.one(TEMPLATES);
    String other = choices.anyOf(others(item.category));
    List<String> named = new ArrayList<>(members.getOrDefault(other, List.of()));
    Collections.shuffle(named, choices.free());
    Item corrupted = new Item(other, named.get(0), named.get(1));
    List<String> wrongs = new ArrayList<>(rest(corrupted));
    wrongs.add(" " + item.first);
    wrongs.add(" " + item.second);
    return new PromptPair(
        fill(template, item),
        fill(template, corrupted),
        rest(item),
        wrongs,
        item.category + "/" + item.first,
        split);
  }

  /** Categories whose names have as many tokens. */
  private List<String> others(String category) {
    return members.keySet().stream()
        .filter(other -> !other.equals(category))
        .filter(other -> fitting.length(other) == fitting.length(category))
        .toList();
  }

  private List<String> rest(Item item) {
    return members.getOrDefault(item.category, List.of()).stream()
        .filter(member -> !member.equals(item.first) && !member.equals(item.second))
        .map(member -> " " + member)
        .toList();
  }

  private static Prompt fill(Template template, Item item) {
    return template.fill(
        Map.of("category", item.category, "first", item.first, "second", item.second));
  }

  private static List<Item> items(Map<String, List<String>> categories) {
    List<Item> items = new ArrayList<>();
    categories.forEach(
        (category, of) ->
            of.forEach(
                first ->
                    of.stream()
                        .filter(second -> !second.equals(first))
                        .forEach(second -> items.add(new Item(category, first, second)))));
    return items;
  }
}
