package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.heads.Origin;
import io.loupe.datasets.task.PromptPair;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;

/** Runs prompts in parts and gathers a value of each head in each prompt. */
final class Passes {
  /** Tokens of a part: more are no faster, and outputs of all layers take memory. */
  private static final int TOKENS = 2048;

  private Passes() {}

  /** What a part of the prompts gave. */
  @FunctionalInterface
  interface Part {
    /**
     * Takes a part.
     *
     * @param first the number of its first prompt
     * @param tokens its prompts
     */
    void take(int first, Tokens tokens);
  }

  static void over(Tokens tokens, Part part) {
    int rows = Math.max(1, TOKENS / tokens.length());
    for (int from = 0; from < tokens.batch(); from += rows) {
      part.take(from, tokens.rows(from, Math.min(tokens.batch(), from + rows)));
    }
  }

  /** A value of a head in a prompt of a part, NaN for none. */
  @FunctionalInterface
  interface Value {
    double of(AttentionStatistics statistics, Tokens tokens, Head head, int row);
  }

  /** Streams the prompts through the model's attention; returns [layer][head][prompt]. */
  static double[][][] values(
      HookedTransformer model, Tokens tokens, AttentionRequest request, Value value) {
    double[][][] values = empty(model, tokens.batch());
    over(
        tokens,
        (first, part) -> {
          AttentionStatistics statistics = model.attention(part, request).statistics();
          for (Head head : model.config().allHeads()) {
            for (int row = 0; row < part.batch(); row++) {
              values[head.layer()][head.index()][first + row] =
                  value.of(statistics, part, head, row);
            }
          }
        });
    return values;
  }

  static double[][][] empty(HookedTransformer model, int examples) {
    return new double[model.config().layers()][model.config().heads()][examples];
  }

  static HeadMap map(HookedTransformer model, Kind kind, Tokens tokens, double[][][] values) {
    return HeadMap.of(Origin.of(model), kind.label(describe(tokens)), values);
  }

  static String describe(Tokens tokens) {
    return "%d prompt(s) of up to %d tokens (hash %08x)"
        .formatted(tokens.batch(), tokens.length(), tokens.hashCode());
  }

  /** What a detector looks for. */
  record Kind(String name, String definition, String source) {
    HeadMap.Label label(String examples) {
      return new HeadMap.Label(name, definition, source, examples);
    }
  }

  static void requireCausal(HookedTransformer model, Kind kind) {
    if (!model.config().causal()) {
      throw new IllegalArgumentException(
          "'%s' is a kind of head of causal models; %s is bidirectional. previousToken, offset, sink, delimiter, distance and syntactic fit it"
              .formatted(kind.name(), model.name()));
    }
  }

  /** Refuses no prompts, and prompts without a span. */
  static void requireSpan(List<PromptPair> prompts, String span, Kind kind) {
    if (prompts.isEmpty()) {
      throw new IllegalArgumentException("'%s' needs at least one prompt".formatted(kind.name()));
    }
    for (PromptPair prompt : prompts) {
      if (prompt.clean().spans().stream().noneMatch(each -> each.name().equals(span))) {
        throw new IllegalArgumentException(
            "'%s' looks at the span '%s', and a prompt has none: it has %s. The tasks IndirectObject (IO, S1, S2) and Needle (value) mark them"
                .formatted(kind.name(), span, prompt.clean().spans()));
      }
    }
  }

  /** Refuses prompts of fewer tokens. */
  static void requireLength(Tokens tokens, int least, Kind kind) {
    for (int row = 0; row < tokens.batch(); row++) {
      if (tokens.length(row) < least) {
        throw new IllegalArgumentException(
            "'%s' needs prompts of %d tokens or more; row %d has %d: give longer texts"
                .formatted(kind.name(), least, row, tokens.length(row)));
      }
    }
  }

  /** Refuses prompts none of whose tokens occurs twice. */
  static void requireRepeats(Tokens tokens, Kind kind) {
    for (int row = 0; row < tokens.batch(); row++) {
      long[] ids = tokens.row(row);
      if (Arrays.stream(ids).distinct().count() < ids.length) {
        return;
      }
    }
    throw new IllegalArgumentException(
        "'%s' looks at tokens that occur a second time, and no prompt has one: give random tokens twice, HeadScores.tokens(new RepeatedTokens(...).draw(...)), or longer texts"
            .formatted(kind.name()));
  }
}
