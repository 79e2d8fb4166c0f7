package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;
import java.util.List;

/**
 * A subject and what it is related to.
 *
 * @param relation the relation between them
 */
public record Fact(FactRelation relation, String subject, String object) {
  /** Returns the relation's first template with the subject, marked as {@code subject}. */
  public Prompt prompt() {
    return FactRelation.filled(relation.templates().get(0), subject);
  }

  /** Returns all the relation's templates with the subject, marked as {@code subject}. */
  public List<Prompt> prompts() {
    return relation.templates().stream().map(t -> FactRelation.filled(t, subject)).toList();
  }

  /** Returns the same for the templates for prompts without examples; may be empty. */
  public List<Prompt> zeroShotPrompts() {
    return relation.zeroShotTemplates().stream().map(t -> FactRelation.filled(t, subject)).toList();
  }

  /** Returns what follows a prompt: a space and the object. */
  public String answer() {
    return " " + object;
  }
}
