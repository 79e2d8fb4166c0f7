package io.loupe.datasets.task;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.TextSpan;
import java.util.ArrayList;
import java.util.List;

/** A prompt under construction: text is added, and runs of it get names. */
public final class PromptText {
  private final StringBuilder text = new StringBuilder();
  private final List<TextSpan> spans = new ArrayList<>();

  /** Adds text without a name. */
  public PromptText add(String more) {
    text.append(more);
    return this;
  }

  /** Adds text with a name. */
  public PromptText add(String name, String more) {
    int start = text.length();
    text.append(more);
    return mark(name, start);
  }

  /** Adds a prompt with its spans. */
  public PromptText add(Prompt prompt) {
    int start = text.length();
    text.append(prompt.text());
    for (TextSpan span : prompt.spans()) {
      spans.add(new TextSpan(span.name(), start + span.start(), start + span.end()));
    }
    return this;
  }

  /** Names what was added since the text had this length. */
  public PromptText mark(String name, int start) {
    spans.add(new TextSpan(name, start, text.length()));
    return this;
  }

  /** Returns the number of characters so far. */
  public int length() {
    return text.length();
  }

  /** Returns the prompt. */
  public Prompt prompt() {
    return new Prompt(text.toString(), spans);
  }
}
