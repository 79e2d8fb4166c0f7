package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.datasets.task.PromptPair;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Copying from a needle while the answer is generated. In a causal model the attention of a step of
 * the generation is the row of the token before it in one pass over the whole text, which is how it
 * is read.
 */
record RetrievalDetector(Passes.Kind kind, List<PromptPair> needles, int newTokens)
    implements HeadDetector {
  private static final String VALUE = "value";

  RetrievalDetector {
    needles = List.copyOf(needles);
    Passes.requireSpan(needles, VALUE, kind);
    if (newTokens < 1) {
      throw new IllegalArgumentException("Generate 1 token or more; got " + newTokens);
    }
  }

  @Override
  public HeadMap measure(HookedTransformer model) {
    Passes.requireCausal(model, kind);
    Tokens prompts = model.tokens(needles.stream().map(PromptPair::clean).toList());
    double[][][] values = Passes.empty(model, prompts.batch());
    Passes.over(
        prompts,
        (first, part) -> {
          Tokens said = model.generate(part, newTokens);
          AttentionStatistics statistics =
              model.attention(said, AttentionRequest.of().topKeys(1)).statistics();
          for (int row = 0; row < part.batch(); row++) {
            long[] ids = said.row(row);
            Span value = part.span(row, VALUE);
            int from = part.length(row);
            for (Head head : model.config().allHeads()) {
              values[head.layer()][head.index()][first + row] =
                  copied(ids, value, from, statistics.topKeys(head, row));
            }
          }
        });
    if (Arrays.stream(values[0][0]).allMatch(Double::isNaN)) {
      throw new IllegalArgumentException(
          "'%s' is defined where the model says what is in the needle, and %s says none of %d: take shorter texts or another kind of needle"
              .formatted(kind.name(), model.name(), needles.size()));
    }
    return Passes.map(model, kind, prompts, values);
  }

  /** Returns NaN where none of the needle's tokens is said. */
  static double copied(long[] ids, Span value, int from, int[][] topKeys) {
    Set<Long> needle = new HashSet<>();
    for (int position = value.start(); position < value.end(); position++) {
      needle.add(ids[position]);
    }
    Set<Long> said = new HashSet<>();
    Set<Long> copied = new HashSet<>();
    for (int position = from; position < ids.length; position++) {
      if (needle.contains(ids[position])) {
        said.add(ids[position]);
        int key = topKeys[position - 1][0];
        if (key >= value.start() && key < value.end() && ids[key] == ids[position]) {
          copied.add(ids[position]);
        }
      }
    }
    return said.isEmpty() ? Double.NaN : (double) copied.size() / needle.size();
  }
}
