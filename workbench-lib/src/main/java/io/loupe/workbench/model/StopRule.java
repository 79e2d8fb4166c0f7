package io.loupe.workbench.model;

import io.loupe.workbench.text.Tokenizer;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** When a row's continuation ends before its time. */
record StopRule(Set<Long> tokens, List<String> texts, @Nullable Tokenizer tokenizer) {

  /** Throws {@code IllegalStateException} if texts end a row and the model has no tokenizer. */
  static StopRule of(GenerationOptions options, HookedTransformer model) {
    Tokenizer tokenizer = options.stopTexts().isEmpty() ? null : model.tokenizer();
    return new StopRule(Set.copyOf(options.stopTokens()), options.stopTexts(), tokenizer);
  }

  /** Tells whether the tokens that a row has emitted end it. */
  boolean ends(long[] emitted) {
    if (emitted.length > 0 && tokens.contains(emitted[emitted.length - 1])) {
      return true;
    }
    if (tokenizer == null) {
      return false;
    }
    String text = tokenizer.decode(emitted);
    return texts.stream().anyMatch(text::contains);
  }
}
