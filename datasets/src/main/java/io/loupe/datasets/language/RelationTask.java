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
import io.loupe.datasets.words.Words.WordPair;
import java.util.List;
import java.util.Map;

/**
 * Facts and word forms: "The capital of France is" (in the manner of Meng et al. 2022, Locating and
 * Editing Factual Associations in GPT, and of Todd et al. 2024, Function Vectors in Large Language
 * Models).
 *
 * <p>Span: {@code subject}. Corrupted: another subject with as many tokens and another answer,
 * which is the wrong one. A subject stays in one split; the other subject may be of any split.
 */
public final class RelationTask extends TextTask {
  private final Relation relation;
  private final Fitting fitting;
  private final Groups<WordPair> facts;

  /** The relation's task on words. */
  public RelationTask(Relation relation) {
    this(relation, TextTokens.words());
  }

  /**
   * The relation's task for a tokenizer.
   *
   * @throws IllegalArgumentException if it splits too many answers
   */
  public RelationTask(Relation relation, TextTokens tokens) {
    super(
        new TaskInfo(
            relation.taskName(),
            "What follows \"%s\"? Corrupted: another subject."
                .formatted(relation.templates().get(0).text()),
            "Meng et al. 2022, Locating and Editing Factual Associations in GPT; Todd et al. 2024,"
                + " Function Vectors in Large Language Models"),
        tokens);
    this.relation = relation;
    fitting = new Fitting(name(), tokens);
    List<WordPair> single = fitting.words("answers", relation.facts(), WordPair::object, 2);
    Groups<WordPair> kept =
        Groups.of(name(), relation.facts(), WordPair::subject).keep(single::contains);
    facts = kept.keep(fact -> kept.all().stream().anyMatch(other -> comparable(fact, other)));
    fitting.need(
        "answers (with subjects of the same length)",
        facts.all().size(),
        single.size(),
        2,
        List.of());
  }

  @Override
  public RelationTask with(TextTokens tokens) {
    return new RelationTask(relation, tokens);
  }

  @Override
  protected PromptPair make(Split split, Choices choices) {
    WordPair fact = choices.one(facts.in(split));
    Template template = choices.one(relation.templates());
    WordPair other =
        choices.anyOf(facts.all().stream().filter(another -> comparable(fact, another)).toList());
    return new PromptPair(
        template.fill(Map.of("subject", fact.subject())),
        template.fill(Map.of("subject", other.subject())),
        " " + fact.object(),
        " " + other.object(),
        fact.subject(),
        split);
  }

  private boolean comparable(WordPair one, WordPair other) {
    return !one.object().equals(other.object())
        && fitting.length(one.subject()) == fitting.length(other.subject());
  }
}
