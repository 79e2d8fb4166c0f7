package io.loupe.datasets.language;

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

/**
 * Docstrings: a Python function's third argument is the next that its docstring describes
 * (Heimersheim and Janiak 2023, A circuit for Python docstrings in a 4-layer attention-only
 * transformer).
 *
 * <p>Spans: {@code function}; {@code def1} to {@code def4}, the arguments in the definition; {@code
 * doc1} and {@code doc2}, those described so far. The answer is {@code def3}. The function's name
 * stays in one split.
 */
public final class Docstring extends TextTask {
  /** What is changed. */
  public enum Corruption {
    /** The answer in the definition is another word, which is the wrong answer. */
    ANSWER,
    /** All arguments of the definition are others: paper's random definition. */
    DEFINITION,
    /** The arguments described so far are others: the paper's random docstring. */
    DOCSTRING
  }

  private static final String NAME = "docstring";

  private final Corruption corruption;
  private final List<String> nouns;
  private final Groups<String> functions;

  /** The task with the answer changed, on words. */
  public Docstring() {
    this(Corruption.ANSWER, TextTokens.words());
  }

  /**
   * The task with this corruption for this tokenizer.
   *
   * @throws IllegalArgumentException if the tokenizer splits too many nouns
   */
  public Docstring(Corruption corruption, TextTokens tokens) {
    super(
        new TaskInfo(
            NAME,
            "Which argument does the docstring describe next? Corrupted: "
                + switch (corruption) {
                  case ANSWER -> "that argument has another name in the definition.";
                  case DEFINITION -> "all arguments have other names in the definition.";
                  case DOCSTRING -> "the arguments described so far have other names.";
                },
            "Heimersheim and Janiak 2023, A circuit for Python docstrings in a 4-layer"
                + " attention-only transformer"),
        tokens);
    this.corruption = corruption;
    List<String> all =
        Words.nouns("person", "animal", "thing", "place").stream()
            .map(Words.Noun::singular)
            .toList();
    nouns = new Fitting(NAME, tokens).words("nouns", all, 16);
    functions =
        Groups.of(NAME, Words.verbs().stream().map(Words.Verb::base).toList(), verb -> verb);
  }

  @Override
  public Docstring with(TextTokens tokens) {
    return new Docstring(corruption, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    String function = choices.one(functions.in(split));
    List<String> words = choices.distinct(nouns, 11);
    List<String> definition = new ArrayList<>(words.subList(0, 4));
    List<String> described = new ArrayList<>(words.subList(0, 2));
    List<String> text = words.subList(4, 11);
    Prompt clean = prompt(function, definition, described, text);
    String answer = definition.get(2);
    String wrong = definition.get(3);
    switch (corruption) {
      case ANSWER -> {
        wrong = other(choices, words);
        definition.set(2, wrong);
      }
      case DEFINITION -> replaceAll(definition, choices, words);
      case DOCSTRING -> replaceAll(described, choices, words);
    }
    return new PromptPair(
        clean,
        prompt(function, definition, described, text),
        " " + answer,
        " " + wrong,
        function,
        split);
  }

  private void replaceAll(List<String> replaced, Choices choices, List<String> words) {
    List<String> used = new ArrayList<>(words);
    for (int i = 0; i < replaced.size(); i++) {
      replaced.set(i, other(choices, used));
      used.add(replaced.get(i));
    }
  }

  private String other(Choices choices, List<String> used) {
    String word;
    do {
      word = choices.anyOf(nouns);
    } while (used.contains(word));
    return word;
  }

  private static Prompt prompt(
      String function, List<String> definition, List<String> described, List<String> text) {
    PromptText prompt = new PromptText().add("def ").add("function", function).add("(self");
    for (int i = 0; i < definition.size(); i++) {
      prompt.add(", ").add("def" + (i + 1), definition.get(i));
    }
    prompt.add("):\n    \"\"\"%s %s %s\n".formatted(text.get(0), text.get(1), text.get(2)));
    for (int i = 0; i < described.size(); i++) {
      prompt
          .add("\n    :param ")
          .add("doc" + (i + 1), described.get(i))
          .add(": %s %s".formatted(text.get(3 + 2 * i), text.get(4 + 2 * i)));
    }
    return prompt.add("\n    :param").prompt();
  }
}
