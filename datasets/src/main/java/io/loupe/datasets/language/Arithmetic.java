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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Arithmetic: "12 + 34 =" with +, - and x (Stolfo et al. 2023, A Mechanistic Interpretation of
 * Arithmetic Reasoning in Language Models; Zhang et al. 2024, Interpreting and Improving Large
 * Language Models in Arithmetic Calculation).
 *
 * <p>Spans: {@code a}, {@code operator}, {@code b}. Operands are 1 to 99, results 0 to 999.
 * Corrupted: {@code b} is another number of as many tokens; its result is the wrong answer. Two
 * operands stay in one split in both orders of a sum or a product. Results that the tokenizer
 * splits are left out.
 */
public final class Arithmetic extends TextTask {
  private static final String NAME = "arithmetic";
  private static final int MAX = 99;
  private static final List<Template> TEMPLATES =
      Template.all(
          "Compute: {a} {operator} {b} =",
          "Q: What is {a} {operator} {b}? A: It is",
          "The result of {a} {operator} {b} is");

  private record Item(String operator, int a, int b, int result) {
    String key() {
      boolean ordered = operator.equals("-") || a <= b;
      return operator + "/" + (ordered ? a + "," + b : b + "," + a);
    }
  }

  private final Groups<Item> items;
  private final int[] lengths;
  private final Set<Integer> results;

  /** The task on words. */
  public Arithmetic() {
    this(TextTokens.words());
  }

  /**
   * The task for a tokenizer.
   *
   * @throws IllegalArgumentException if it splits nearly all results
   */
  public Arithmetic(TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "What is the result? Corrupted: the second operand.",
            "Stolfo et al. 2023, A Mechanistic Interpretation of Arithmetic Reasoning in Language"
                + " Models; Zhang et al. 2024, Interpreting and Improving Large Language Models in"
                + " Arithmetic Calculation"),
        tokens);
    Fitting fitting = new Fitting(NAME, tokens);
    List<String> numbers = IntStream.range(0, 1000).mapToObj(Integer::toString).toList();
    results =
        fitting.words("results", numbers, 2).stream()
            .map(Integer::valueOf)
            .collect(Collectors.toUnmodifiableSet());
    lengths = IntStream.rangeClosed(0, MAX).map(n -> fitting.length(Integer.toString(n))).toArray();
    List<Item> all = all();
    items = Groups.of(NAME, all, Item::key).keep(item -> others(item).findAny().isPresent());
    fitting.need("results", items.all().size(), all.size(), 1, numbers);
  }

  @Override
  public Arithmetic with(TextTokens tokens) {
    return new Arithmetic(tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    Item item = choices.one(items.in(split));
    Template template = choices.one(TEMPLATES);
    Item other = choices.anyOf(others(item).toList());
    return new PromptPair(
        fill(template, item),
        fill(template, other),
        " " + item.result,
        " " + other.result,
        item.key(),
        split);
  }

  /** The same with another second operand of as many tokens; empty if the result is split. */
  private Stream<Item> others(Item item) {
    if (!results.contains(item.result)) {
      return Stream.empty();
    }
    return IntStream.rangeClosed(1, MAX)
        .filter(b -> b != item.b && lengths[b] == lengths[item.b])
        .mapToObj(b -> new Item(item.operator, item.a, b, result(item.operator, item.a, b)))
        .filter(other -> results.contains(other.result));
  }

  private static int result(String operator, int a, int b) {
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      default -> a * b;
    };
  }

  private static List<Item> all() {
    List<Item> all = new ArrayList<>();
    for (String operator : List.of("+", "-", "x")) {
      for (int a = 1; a <= MAX; a++) {
        for (int b = 1; b <= MAX; b++) {
          int result = result(operator, a, b);
          if (result >= 0 && result <= 999) {
            all.add(new Item(operator, a, b, result));
          }
        }
      }
    }
    return all;
  }

  private static Prompt fill(Template template, Item item) {
    return template.fill(Map.of("a", "" + item.a, "operator", item.operator, "b", "" + item.b));
  }
}
