package io.loupe.probes.data;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.task.Split;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Labelled examples: places in tokenised texts, what a probe should tell of each, and what must
 * stay together. Immutable. Everything that can be wrong with labels and places is refused here,
 * before a model is run.
 */
public final class ProbeData implements Displayable {
  private final String name;
  private final Tokens tokens;
  private final List<Example> examples;
  private final Labels labels;
  private final List<Split> splits;

  private ProbeData(
      String name, Tokens tokens, List<Example> examples, Labels labels, List<Split> splits) {
    if (examples.size() != labels.size()) {
      throw new IllegalArgumentException(
          "Expected a label for each of %d examples, got %d labels"
              .formatted(examples.size(), labels.size()));
    }
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("A probe needs examples, got none");
    }
    if (!splits.isEmpty() && splits.size() != examples.size()) {
      throw new IllegalArgumentException(
          "Expected a split for each of %d examples, got %d"
              .formatted(examples.size(), splits.size()));
    }
    for (int i = 0; i < examples.size(); i++) {
      Example example = examples.get(i);
      if (example.row() >= tokens.batch() || example.end() > tokens.length(example.row())) {
        throw new IllegalArgumentException(
            "Example %d stands at tokens %d to %d of text %d; %s"
                .formatted(
                    i,
                    example.start(),
                    example.end() - 1,
                    example.row(),
                    example.row() >= tokens.batch()
                        ? "there are " + tokens.batch() + " texts"
                        : "that text has " + tokens.length(example.row()) + " tokens"));
      }
    }
    this.name = name;
    this.tokens = tokens;
    this.examples = List.copyOf(examples);
    this.labels = labels;
    this.splits = List.copyOf(splits);
  }

  /**
   * Makes data of examples whose places are known.
   *
   * @param name what it is called in tables and figures
   * @param splits of each example; empty to share groups out at random
   */
  public static ProbeData of(
      String name, Tokens tokens, List<Example> examples, Labels labels, List<Split> splits) {
    return new ProbeData(name, tokens, examples, labels, splits);
  }

  /**
   * Makes one example of each prompt: its whole text, a group of its own.
   *
   * @param labels one for each prompt
   */
  public static ProbeData prompts(
      String name, HookedTransformer model, List<Prompt> prompts, Labels labels) {
    Tokens tokens = model.tokens(prompts);
    return rows(name, tokens, prompts.stream().map(Prompt::text).toList(), labels);
  }

  /** Makes one example of each row of tokens, a group of its own. */
  public static ProbeData rows(String name, Tokens tokens, Labels labels) {
    return rows(
        name,
        tokens,
        IntStream.range(0, tokens.batch()).mapToObj(r -> Arrays.toString(tokens.row(r))).toList(),
        labels);
  }

  private static ProbeData rows(String name, Tokens tokens, List<String> texts, Labels labels) {
    List<Example> examples = new ArrayList<>();
    for (int row = 0; row < tokens.batch(); row++) {
      examples.add(new Example(row, 0, tokens.length(row), texts.get(row), texts.get(row)));
    }
    return new ProbeData(name, tokens, examples, labels, List.of());
  }

  /**
   * Makes one example of each token, grouped by row; its type is the token's id.
   *
   * @param labels one for each token, row by row, padding left out
   * @throws IllegalArgumentException if there are not as many labels as tokens
   */
  public static ProbeData tokens(String name, Tokens tokens, Labels labels) {
    List<Example> examples = new ArrayList<>();
    for (int row = 0; row < tokens.batch(); row++) {
      long[] ids = tokens.row(row);
      for (int i = 0; i < ids.length; i++) {
        examples.add(new Example(row, i, i + 1, "row " + row, String.valueOf(ids[i])));
      }
    }
    if (labels.size() != examples.size()) {
      throw new IllegalArgumentException(
          "Labels are not aligned to tokens: %d rows have %d tokens, padding left out, and there are %d labels. Labels of words go through ProbeData.words"
              .formatted(tokens.batch(), examples.size(), labels.size()));
    }
    return new ProbeData(name, tokens, examples, labels, List.of());
  }

  /**
   * Makes one example of each marked span of each prompt, such as its words ({@code
   * Sentence.prompt()}), grouped by prompt; its type is the text of the span, down-cased.
   *
   * @param labels one for each span, prompt by prompt
   * @throws IllegalArgumentException if there are not as many labels as spans, or no token spells a
   *     span
   */
  public static ProbeData words(
      String name, HookedTransformer model, List<Prompt> prompts, Labels labels) {
    Tokens tokens = model.tokens(prompts);
    List<Example> examples = new ArrayList<>();
    for (int row = 0; row < prompts.size(); row++) {
      Prompt prompt = prompts.get(row);
      for (Span span : tokens.spans(row)) {
        String type = prompt.textOf(span.name()).toLowerCase(Locale.ROOT);
        examples.add(new Example(row, span.start(), span.end(), prompt.text(), type));
      }
    }
    if (labels.size() != examples.size()) {
      throw new IllegalArgumentException(
          "Labels are not aligned to words: %d prompts have %d marked spans and there are %d labels"
              .formatted(prompts.size(), examples.size(), labels.size()));
    }
    return new ProbeData(name, tokens, examples, labels, List.of());
  }

  /**
   * Returns this data with each example at a named span of its text: {@code at("subject")}. The
   * type of an example becomes the tokens that stand there.
   *
   * @throws IllegalArgumentException if a text has no such span
   */
  public ProbeData at(String span) {
    return withExamples(
        example -> {
          Span place = tokens.span(example.row(), span);
          long[] ids = Arrays.copyOfRange(tokens.row(example.row()), place.start(), place.end());
          return new Example(
              example.row(), place.start(), place.end(), example.group(), Arrays.toString(ids));
        });
  }

  /** Returns this data with the examples' groups, one for each. */
  public ProbeData groups(List<String> groups) {
    requireEach(groups, "group");
    int[] next = new int[1];
    return withExamples(
        e -> new Example(e.row(), e.start(), e.end(), groups.get(next[0]++), e.type()));
  }

  /** Returns this data with the examples' types, to which a control task gives its labels. */
  public ProbeData types(List<String> types) {
    requireEach(types, "type");
    int[] next = new int[1];
    return withExamples(
        e -> new Example(e.row(), e.start(), e.end(), e.group(), types.get(next[0]++)));
  }

  /** Returns this data with given splits, one for each example. */
  public ProbeData splits(List<Split> given) {
    return new ProbeData(name, tokens, examples, labels, given);
  }

  /** Returns this data without given splits: groups are shared out at random. */
  public ProbeData withoutSplits() {
    return new ProbeData(name, tokens, examples, labels, List.of());
  }

  /** Returns the same places with other labels. */
  public ProbeData relabelled(String newName, Labels others) {
    return new ProbeData(newName, tokens, examples, others, splits);
  }

  /** Returns some of the examples, in the order in which they are named; texts stay as they are. */
  public ProbeData choose(int... chosen) {
    List<Example> some = IntStream.of(chosen).mapToObj(examples::get).toList();
    List<Split> own =
        splits.isEmpty() ? splits : IntStream.of(chosen).mapToObj(splits::get).toList();
    return new ProbeData(name, tokens, some, labels.at(chosen), own);
  }

  private ProbeData withExamples(Function<Example, Example> change) {
    return new ProbeData(name, tokens, examples.stream().map(change).toList(), labels, splits);
  }

  private void requireEach(List<?> given, String what) {
    if (given.size() != examples.size()) {
      throw new IllegalArgumentException(
          "Expected a %s for each of %d examples, got %d"
              .formatted(what, examples.size(), given.size()));
    }
  }

  public String name() {
    return name;
  }

  /** Returns the texts. */
  public Tokens tokens() {
    return tokens;
  }

  public List<Example> examples() {
    return examples;
  }

  public Labels labels() {
    return labels;
  }

  /** Returns the splits, one for each example; empty if groups are shared out at random. */
  public List<Split> splits() {
    return splits;
  }

  /** Returns the number of examples. */
  public int size() {
    return examples.size();
  }

  /** Returns each example's group. */
  public List<String> groups() {
    return examples.stream().map(Example::group).toList();
  }

  /** Returns each example's type. */
  public List<String> types() {
    return examples.stream().map(Example::type).toList();
  }

  /** Returns labels, groups, types and splits, without the texts. */
  public Labelled labelled() {
    return new Labelled(name, labels, groups(), types(), splits);
  }

  /** Returns classes with how many examples each has, or the range of numbers. */
  public Table balance() {
    int[] all = IntStream.range(0, size()).toArray();
    if (labels instanceof Labels.Classes classes) {
      int[] counts = classes.counts(all);
      Table table = Table.of("class", "examples", "share");
      for (int c = 0; c < counts.length; c++) {
        table = table.row(classes.names().get(c), counts[c], (double) counts[c] / size());
      }
      return table;
    }
    if (labels instanceof Labels.Tags tags) {
      Table table = Table.of("tag", "examples", "share");
      for (int t = 0; t < tags.names().size(); t++) {
        int tag = t;
        long with = IntStream.of(all).filter(row -> tags.has()[row][tag]).count();
        table = table.row(tags.names().get(t), with, (double) with / size());
      }
      return table;
    }
    Labels.Numbers numbers = (Labels.Numbers) labels;
    Table table = Table.of("number", "least", "mean", "largest");
    for (int i = 0; i < numbers.names().size(); i++) {
      var summary = Arrays.stream(numbers.column(i)).summaryStatistics();
      table =
          table.row(
              numbers.names().get(i), summary.getMin(), summary.getAverage(), summary.getMax());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return balance().display().and(MimeBundle.text(toString()));
  }

  /** Tells whether the other data has the same examples, labels and splits. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ProbeData data
        && name.equals(data.name)
        && tokens.equals(data.tokens)
        && examples.equals(data.examples)
        && splits.equals(data.splits)
        && labels.names().equals(data.labels.names())
        && sameLabels(labels, data.labels);
  }

  private static boolean sameLabels(Labels a, Labels b) {
    if (a instanceof Labels.Classes one && b instanceof Labels.Classes two) {
      return Arrays.equals(one.of(), two.of());
    }
    if (a instanceof Labels.Numbers one && b instanceof Labels.Numbers two) {
      return Arrays.deepEquals(one.values(), two.values());
    }
    return a instanceof Labels.Tags one
        && b instanceof Labels.Tags two
        && Arrays.deepEquals(one.has(), two.has());
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, examples, splits);
  }

  @Override
  public String toString() {
    long groups = examples.stream().map(Example::group).distinct().count();
    return "%s: %,d examples in %,d texts, %,d groups; %s %s%s"
        .formatted(
            name,
            size(),
            tokens.batch(),
            groups,
            labels instanceof Labels.Classes
                ? "classes"
                : labels instanceof Labels.Numbers ? "numbers" : "tags",
            labels.names(),
            splits.isEmpty()
                ? ""
                : "; splits given: "
                    + splits.stream()
                        .collect(
                            Collectors.groupingBy(s -> s, TreeMap::new, Collectors.counting())));
  }
}
