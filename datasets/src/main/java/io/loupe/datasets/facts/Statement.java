package io.loupe.datasets.facts;

import io.loupe.datasets.Prompt;

/**
 * A sentence that is true or false.
 *
 * @param prompt the sentence, with the spans {@code subject} and {@code object}
 * @param truth whether it is true, as far as the dataset knows
 * @param fact the fact it was made of
 * @param object what it says, in place of the fact's object if it is false
 */
public record Statement(Prompt prompt, boolean truth, Fact fact, String object) {
  /** Returns the sentence. */
  public String text() {
    return prompt.text();
  }
}
