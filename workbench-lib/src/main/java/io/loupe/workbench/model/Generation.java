package io.loupe.workbench.model;

import io.loupe.workbench.text.Tokens;

/**
 * A prompt and its continuation.
 *
 * @param prompt what was given
 * @param text prompt and continuation, as the tokenizer decodes their tokens
 * @param tokens one row: the prompt's tokens and the new ones
 */
public record Generation(String prompt, String text, Tokens tokens) {
  @Override
  public String toString() {
    return text;
  }
}
