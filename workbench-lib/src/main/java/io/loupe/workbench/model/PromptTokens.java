package io.loupe.workbench.model;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.TextSpan;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Encoding;
import io.loupe.workbench.text.Tokenizer;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/** Turns prompts into tokens, and their named spans of characters into spans of tokens. */
final class PromptTokens {
  private PromptTokens() {}

  static Tokens of(Tokenizer tokenizer, List<Prompt> prompts) {
    if (prompts.isEmpty()) {
      throw new IllegalArgumentException("Give at least one prompt");
    }
    List<Tokens> rows = new ArrayList<>();
    for (Prompt prompt : prompts) {
      Encoding encoding = tokenizer.encodeWithOffsets(prompt.text());
      List<Span> spans = prompt.spans().stream().map(span -> tokens(span, encoding)).toList();
      rows.add(Tokens.of(encoding.ids()).withSpans(0, spans));
    }
    return Tokens.concat(Tokens.Padding.RIGHT, rows);
  }

  private static Span tokens(TextSpan span, Encoding encoding) {
    List<Integer> positions = encoding.positions(span.start(), span.end());
    if (positions.isEmpty()) {
      throw new IllegalArgumentException(
          "No token covers span '%s' of \"%s\"".formatted(span.name(), encoding.text()));
    }
    return new Span(span.name(), positions.get(0), positions.get(positions.size() - 1) + 1);
  }
}
