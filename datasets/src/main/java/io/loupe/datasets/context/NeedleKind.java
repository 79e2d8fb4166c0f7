package io.loupe.datasets.context;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.task.PromptText;
import java.util.Locale;

/** What a needle says and how it is asked for. */
public enum NeedleKind {
  /** "The secret word of Mary is cup.", asked for in the same words (Kamradt 2023). */
  LITERAL(
      "What is the secret word of the person? It is asked for in the needle's own words.",
      "Kamradt 2023, Needle in a Haystack: Pressure Testing LLMs"),
  /**
   * "Mary lives next to the Eiffel Tower.", asked for as the one who lives in France: needle and
   * question share no content word (Modarressi et al. 2025).
   */
  NON_LITERAL(
      "Who lives in the country? The needle names a landmark there, not the country.",
      "Modarressi et al. 2025, NoLiMa: Long-Context Evaluation Beyond Literal Matching"),
  /** "The pass key is 68.", a number of two digits (Mohtashami and Jaggi 2023). */
  PASSKEY(
      "What is the pass key, a number of two digits?",
      "Mohtashami and Jaggi 2023, Landmark Attention: Random-Access Infinite Context Length for"
          + " Transformers"),
  /** Several needles of kind LITERAL, one of which is asked for (Hsieh et al. 2024). */
  MANY_KEYS(
      "What is the secret word of the person, among others' secret words?",
      "Hsieh et al. 2024, RULER: What's the Real Context Size of Your Long-Context Language"
          + " Models?");

  private final String description;
  private final String source;

  NeedleKind(String description, String source) {
    this.description = description;
    this.source = source;
  }

  /** Returns the name of its task, such as {@code needle-passkey}. */
  public String taskName() {
    return "needle-" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String description() {
    return description;
  }

  String source() {
    return source;
  }

  /** The sentence with its leading space; the span of a further needle has a number. */
  Prompt needle(NeedleWords.Fact fact, String number) {
    PromptText text = new PromptText().add(" ");
    switch (this) {
      case PASSKEY -> text.add("The pass key is ").add("value" + number, fact.value()).add(".");
      case NON_LITERAL ->
          text.add("A person named ")
              .add("value" + number, fact.value())
              .add(" had a room next to the ")
              .add("key" + number, fact.key())
              .add(".");
      case LITERAL, MANY_KEYS ->
          text.add("The secret word of ")
              .add("key" + number, fact.key())
              .add(" is ")
              .add("value" + number, fact.value())
              .add(".");
    }
    return text.mark("needle" + number, 1).prompt();
  }

  /** The question with its leading space. */
  Prompt question(NeedleWords.Fact fact) {
    PromptText text = new PromptText().add(" ");
    switch (this) {
      case PASSKEY -> text.add("Remember: The pass key is");
      case NON_LITERAL ->
          text.add("Question: Who lives in ").add("asked", fact.asked()).add("? Answer: It is");
      case LITERAL, MANY_KEYS ->
          text.add("Remember: The secret word of ").add("asked", fact.asked()).add(" is");
    }
    return text.mark("question", 1).prompt();
  }
}
