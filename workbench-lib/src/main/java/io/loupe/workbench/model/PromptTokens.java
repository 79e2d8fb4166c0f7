package io.loupe.workbench.model;

import io.loupe.datasets.Prompt;
import io.loupe.workbench.text.Tokenizer;
import io.loupe.workbench.text.Tokens;
import java.util.List;

final class PromptTokens {
  private PromptTokens() {}

  static Tokens of(Tokenizer tokenizer, List<Prompt> prompts) {
    return Tokens.padded(
        Tokens.Padding.RIGHT,
        prompts.stream().map(p -> tokenizer.encode(p.text())).toArray(long[][]::new));
  }
}
