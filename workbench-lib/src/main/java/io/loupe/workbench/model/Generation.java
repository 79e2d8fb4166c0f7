package io.loupe.workbench.model;

import io.loupe.workbench.intervention.Receipt;
import io.loupe.workbench.text.Tokenizer;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Prompts and their continuations, with what each step kept. */
public final class Generation {
  private final Tokens prompts;
  private final Tokens tokens;
  private final List<GenerationStep> steps;
  private final List<Receipt> receipts;
  private final @Nullable Tokenizer tokenizer;

  Generation(
      Tokens prompts,
      Tokens tokens,
      List<GenerationStep> steps,
      List<Receipt> receipts,
      @Nullable Tokenizer tokenizer) {
    this.prompts = prompts;
    this.tokens = tokens;
    this.steps = List.copyOf(steps);
    this.receipts = List.copyOf(receipts);
    this.tokenizer = tokenizer;
  }

  /** Returns the rows, prompt and continuation, shorter ones padded on the right. */
  public Tokens tokens() {
    return tokens;
  }

  /** Returns the tokens that a row emitted. */
  public long[] continuation(int row) {
    long[] ids = tokens.row(row);
    return Arrays.copyOfRange(ids, prompts.length(row), ids.length);
  }

  /** Returns the first row's prompt and continuation as text. */
  public String text() {
    return text(0);
  }

  /** Returns a row's prompt and continuation as text. */
  public String text(int row) {
    return tokenizer().decode(tokens.row(row));
  }

  /** Returns each row's prompt and continuation as text. */
  public List<String> texts() {
    return IntStream.range(0, tokens.batch()).mapToObj(this::text).toList();
  }

  /** Returns the steps; step i emitted token i of each row's continuation. */
  public List<GenerationStep> steps() {
    return steps;
  }

  /** Returns what each intervention did over all steps, in their order. */
  public List<Receipt> receipts() {
    return receipts;
  }

  private Tokenizer tokenizer() {
    if (tokenizer == null) {
      throw new IllegalStateException("The model has no tokenizer: read tokens()");
    }
    return tokenizer;
  }

  @Override
  public String toString() {
    return tokenizer == null ? tokens.toString() : String.join("\n", texts());
  }
}
