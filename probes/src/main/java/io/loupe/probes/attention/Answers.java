package io.loupe.probes.attention;

import io.loupe.datasets.task.Split;
import io.loupe.probes.data.Example;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.ProbeData;
import io.loupe.workbench.model.Generation;
import io.loupe.workbench.model.GenerationOptions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;

/**
 * Prompts with what a model answered, in one batch with the spans {@link #PROMPT} and {@link
 * #ANSWER} beside the prompts' own. A causal model attends in one pass over the finished text as it
 * did step by step, so features need no second generation.
 */
public final class Answers {
  /** The span of all of a row's prompt. */
  public static final String PROMPT = "prompt";

  /** The span of what the model generated. */
  public static final String ANSWER = "answer";

  private static final int BATCH = 32;

  private final Tokens tokens;
  private final List<String> texts;

  private Answers(Tokens tokens, List<String> texts) {
    this.tokens = tokens;
    this.texts = List.copyOf(texts);
  }

  /**
   * Lets a model continue prompts.
   *
   * @param prompts their spans are kept
   * @param options at least two new tokens: the first is emitted before there is an answer to look
   *     back from
   * @throws IllegalArgumentException if a prompt has a span called {@link #PROMPT} or {@link
   *     #ANSWER}, or options are for one token only
   */
  public static Answers of(HookedTransformer model, Tokens prompts, GenerationOptions options) {
    if (options.newTokens() < 2) {
      throw new IllegalArgumentException(
          "The first token of an answer is emitted before there is one to look back from, so at least 2 are needed; got options for "
              + options.newTokens());
    }
    for (int row = 0; row < prompts.batch(); row++) {
      for (Span span : prompts.spans(row)) {
        if (span.name().equals(PROMPT) || span.name().equals(ANSWER)) {
          throw new IllegalArgumentException(
              "Row %d has a span '%s' of its own; give it another name"
                  .formatted(row, span.name()));
        }
      }
    }
    List<Tokens> rows = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int from = 0; from < prompts.batch(); from += BATCH) {
      Tokens some = prompts.rows(from, Math.min(from + BATCH, prompts.batch()));
      Generation generation = model.generate(some, options);
      for (int row = 0; row < some.batch(); row++) {
        rows.add(marked(generation.tokens().row(row), some.spans(row), some.length(row)));
        texts.add(
            model.hasTokenizer() ? model.tokenizer().decode(generation.continuation(row)) : "");
      }
    }
    return new Answers(Tokens.concat(Tokens.Padding.RIGHT, rows), texts);
  }

  private static Tokens marked(long[] ids, List<Span> own, int prompt) {
    List<Span> spans = new ArrayList<>(own);
    spans.add(new Span(PROMPT, 0, prompt));
    spans.add(new Span(ANSWER, prompt, ids.length));
    return Tokens.of(ids).withSpans(0, spans);
  }

  /** Returns prompts and answers, a row each. */
  public Tokens tokens() {
    return tokens;
  }

  /** Returns each answer as text; empty texts if the model has no tokenizer. */
  public List<String> texts() {
    return texts;
  }

  /**
   * Makes an example of each answer: the rows of attention from which its second and further tokens
   * were emitted.
   *
   * @param labels one for each row
   * @param groups of each row: what must not be in two splits
   * @throws IllegalArgumentException if an answer has one token only, as one that was stopped at
   *     once; or there are not as many labels and groups as rows
   */
  public ProbeData data(String name, Labels labels, List<String> groups) {
    if (labels.size() != tokens.batch() || groups.size() != tokens.batch()) {
      throw new IllegalArgumentException(
          "Expected a label and a group for each of %d answers, got %d labels and %d groups"
              .formatted(tokens.batch(), labels.size(), groups.size()));
    }
    List<Example> examples = new ArrayList<>();
    for (int row = 0; row < tokens.batch(); row++) {
      Span answer = tokens.span(row, ANSWER);
      if (answer.end() - answer.start() < 2) {
        throw new IllegalArgumentException(
            "The answer of row %d has one token, so no row of attention looks back from it; leave the row out or let the model go on"
                .formatted(row));
      }
      String group = groups.get(row);
      examples.add(new Example(row, answer.start(), answer.end() - 1, group, "row " + row));
    }
    return ProbeData.of(name, tokens, examples, labels, List.<Split>of());
  }
}
