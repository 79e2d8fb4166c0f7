package io.loupe.datasets.tasks;

import io.loupe.datasets.algorithm.BigramBackcopy;
import io.loupe.datasets.algorithm.Brackets;
import io.loupe.datasets.algorithm.Counting;
import io.loupe.datasets.algorithm.FlipFlop;
import io.loupe.datasets.algorithm.KeyValueRecall;
import io.loupe.datasets.algorithm.LdaTopics;
import io.loupe.datasets.algorithm.LinearRegression;
import io.loupe.datasets.algorithm.ModularAddition;
import io.loupe.datasets.algorithm.Parity;
import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.algorithm.Sorting;
import io.loupe.datasets.context.KeyValueText;
import io.loupe.datasets.context.ManyShot;
import io.loupe.datasets.context.MultiDocument;
import io.loupe.datasets.context.Needle;
import io.loupe.datasets.context.NeedleKind;
import io.loupe.datasets.context.PromptInjection;
import io.loupe.datasets.language.Agreement;
import io.loupe.datasets.language.Arithmetic;
import io.loupe.datasets.language.ColouredObjects;
import io.loupe.datasets.language.Docstring;
import io.loupe.datasets.language.GenderedPronoun;
import io.loupe.datasets.language.GreaterThan;
import io.loupe.datasets.language.IndirectObject;
import io.loupe.datasets.language.OneToMany;
import io.loupe.datasets.language.Relation;
import io.loupe.datasets.language.RelationTask;
import io.loupe.datasets.language.ScrambledWords;
import io.loupe.datasets.language.Successor;
import io.loupe.datasets.language.WorldFacts;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import io.loupe.datasets.task.TextTask;
import io.loupe.datasets.task.TextTokens;
import java.math.BigInteger;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All tasks with their usual settings, to look at and to begin with: {@code
 * Tasks.text("ioi").with(text -> tokenizer.encode(text, false)).draw(Split.TEST, 100, 0)}. Other
 * settings, such as further corruptions, are the constructors' of the tasks' own classes.
 */
public final class Tasks {
  private static final Map<String, Supplier<TextTask>> TEXT = new LinkedHashMap<>();
  private static final Map<String, Supplier<CutTask<IdPair>>> IDS = new LinkedHashMap<>();
  private static final String REGRESSION = "linear-regression";

  static {
    TEXT.put("ioi", IndirectObject::new);
    TEXT.put("greater-than", GreaterThan::new);
    TEXT.put("docstring", Docstring::new);
    TEXT.put("coloured-objects", ColouredObjects::new);
    TEXT.put("pronoun", GenderedPronoun::new);
    TEXT.put("agreement", Agreement::new);
    TEXT.put("successor", Successor::new);
    for (Relation relation : Relation.values()) {
      TEXT.put(relation.taskName(), () -> new RelationTask(relation));
    }
    TEXT.put("world-facts", WorldFacts::new);
    TEXT.put("one-to-many", OneToMany::new);
    TEXT.put("arithmetic", Arithmetic::new);
    TEXT.put("scrambled-words", ScrambledWords::new);
    for (NeedleKind kind : NeedleKind.values()) {
      TEXT.put(kind.taskName(), () -> new Needle(kind));
    }
    TEXT.put("multi-document", MultiDocument::new);
    TEXT.put("many-shot", ManyShot::new);
    TEXT.put("prompt-injection", PromptInjection::new);
    TEXT.put("key-value", KeyValueText::new);
    IDS.put("induction", RepeatedTokens::new);
    IDS.put("mqar", KeyValueRecall::new);
    IDS.put("brackets", Brackets::new);
    IDS.put("parity", Parity::new);
    IDS.put("flip-flop", FlipFlop::new);
    IDS.put("counting", Counting::new);
    IDS.put("modular-addition", ModularAddition::new);
    IDS.put("sorting", Sorting::new);
    IDS.put("bigram-backcopy", BigramBackcopy::new);
    IDS.put("lda-topics", LdaTopics::new);
  }

  private Tasks() {}

  /** Returns the names of all tasks. */
  public static List<String> names() {
    return Stream.of(TEXT.keySet(), IDS.keySet(), List.of(REGRESSION))
        .flatMap(Collection::stream)
        .toList();
  }

  /** Returns all tasks. */
  public static List<Task<?>> all() {
    return names().stream().<Task<?>>map(Tasks::named).toList();
  }

  /**
   * Returns the task of that name.
   *
   * @throws IllegalArgumentException if there is none; it lists the names
   */
  public static Task<?> named(String name) {
    if (name.equals(REGRESSION)) {
      return vectors();
    }
    return TEXT.containsKey(name) ? text(name) : ids(name);
  }

  /**
   * Returns the task of texts of that name, on words; {@link TextTask#with} gives that of a
   * tokenizer.
   *
   * @throws IllegalArgumentException if there is none, or it is no task of texts
   */
  public static TextTask text(String name) {
    return find(name, TEXT, "texts");
  }

  /**
   * Returns the task of texts of that name for a tokenizer.
   *
   * @throws IllegalArgumentException if there is none, it is no task of texts, or the tokenizer
   *     splits what it needs whole
   */
  public static TextTask text(String name, TextTokens tokens) {
    return text(name).with(tokens);
  }

  /**
   * Returns the task of token ids of that name.
   *
   * @throws IllegalArgumentException if there is none, or it is no task of ids
   */
  public static Task<IdPair> ids(String name) {
    return find(name, IDS, "token ids");
  }

  /** Returns in-context linear regression, the task of vectors. */
  public static LinearRegression vectors() {
    return new LinearRegression();
  }

  /** Returns a table of all tasks as text: name, number of examples, what is asked, the paper. */
  public static String overview() {
    return all().stream()
        .map(
            task ->
                "%-20s %12s  %s%n%35s[%s]"
                    .formatted(
                        task.name(), shortened(task.size()), task.description(), "", task.source()))
        .collect(Collectors.joining("\n"));
  }

  /** Returns a text of a task's first example of a split, for reading. */
  public static String example(String name) {
    var pair = named(name).draw(Split.TRAIN, 1, 0).get(0);
    return pair instanceof PromptPair texts
        ? "%s →%s%n%s".formatted(texts.clean().text(), texts.answer(), texts.corrupted().text())
        : pair.toString();
  }

  private static String shortened(BigInteger size) {
    int digits = size.toString().length();
    return digits <= 12 ? size.toString() : "~10^" + (digits - 1);
  }

  private static <T> T find(String name, Map<String, Supplier<T>> tasks, String what) {
    Supplier<T> task = tasks.get(name);
    if (task != null) {
      return task.get();
    }
    throw new IllegalArgumentException(
        names().contains(name)
            ? "Task '%s' is none of %s; Tasks.named(\"%s\") takes any".formatted(name, what, name)
            : "No task '%s'; there are %s".formatted(name, names()));
  }
}
