package io.loupe.workbench.model;

import io.loupe.workbench.intervention.Receipt;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Prompts and their continuations, with what each step kept. */
public final class Generation {
  private final Tokens prompts;
  private final Tokens tokens;
  private final List<GenerationStep> steps;
  private final List<Receipt> receipts;
  private final HookedTransformer model;
  private final GenerationOptions options;

  Generation(
      HookedTransformer model,
      GenerationOptions options,
      Tokens prompts,
      Tokens tokens,
      List<GenerationStep> steps,
      List<Receipt> receipts) {
    this.model = model;
    this.options = options;
    this.prompts = prompts;
    this.tokens = tokens;
    this.steps = List.copyOf(steps);
    this.receipts = List.copyOf(receipts);
  }

  /** Returns how the tokens were chosen: with the provenance, all that is needed to redo them. */
  public GenerationOptions options() {
    return options;
  }

  /** Returns model, weights, gauge, prompts and interventions. Hashes the weights. */
  public Provenance provenance() {
    return model.provenance(prompts);
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
    return model.tokenizer().decode(tokens.row(row));
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

  @Override
  public String toString() {
    return model.hasTokenizer() ? String.join("\n", texts()) : tokens.toString();
  }
}
