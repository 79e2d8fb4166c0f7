package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;

/**
 * A fact that GPT-2 XL completes correctly.
 *
 * @param id its number
 * @param attribute what the prompt asks for, without the space before it
 * @param template the prompt with {@code {}} for the subject; it may end earlier
 * @param prompt the prompt, with the span {@code subject}
 * @param prediction how GPT-2 XL went on
 * @param relation the relation's id in Wikidata, such as {@code P30}
 */
public record KnownFact(
    int id,
    String subject,
    String attribute,
    String template,
    Prompt prompt,
    String prediction,
    String relation) {
  /** Returns what follows the prompt: a space and the attribute. */
  public String answer() {
    return " " + attribute;
  }
}
