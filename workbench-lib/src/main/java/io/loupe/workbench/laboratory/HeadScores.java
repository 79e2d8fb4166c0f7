package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.IdPair;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;

/**
 * How much heads look where heads of a known kind look, on random tokens that are repeated once:
 * the mean attention, 0 to 1, over the queries of the second half (Olsson et al. 2022, In-context
 * Learning and Induction Heads). Uniform attention gives about 1 / position.
 */
public final class HeadScores {
  private HeadScores() {}

  /**
   * Returns each head's mean attention to the token before the query, [layer][head].
   *
   * @param tokens rows of random tokens, each row's second half its first once more
   */
  public static double[][] previousToken(HookedTransformer model, Tokens tokens) {
    return scores(model, tokens, (query, half) -> query - 1);
  }

  /**
   * Returns each head's mean attention to the token behind the query's earlier occurrence, [layer]
   * [head].
   *
   * @param tokens rows of random tokens, each row's second half its first once more
   */
  public static double[][] induction(HookedTransformer model, Tokens tokens) {
    return scores(model, tokens, (query, half) -> query - half + 1);
  }

  /** Returns the clean sequences of a task's pairs as tokens, padded on the right. */
  public static Tokens tokens(List<IdPair> pairs) {
    return Tokens.padded(
        Tokens.Padding.RIGHT,
        pairs.stream().map(pair -> pair.clean().toArray()).toArray(long[][]::new));
  }

  /** Returns the largest entry. */
  public static double best(double[][] scores) {
    return Arrays.stream(scores).flatMapToDouble(Arrays::stream).max().orElseThrow();
  }

  @FunctionalInterface
  private interface Key {
    int of(int query, int half);
  }

  private static double[][] scores(HookedTransformer model, Tokens tokens, Key key) {
    check(model, tokens);
    int layers = model.config().layers();
    int heads = model.config().heads();
    double[][] sums = new double[layers][heads];
    long queries = 0;
    try (Run run = model.run(tokens, Capture.of(Sites.PATTERN))) {
      for (int layer = 0; layer < layers; layer++) {
        double[] pattern = Tensors.doubles(run.cache().get(Sites.PATTERN.at(layer)));
        int columns = tokens.length();
        queries = 0;
        for (int row = 0; row < tokens.batch(); row++) {
          int half = tokens.length(row) / 2;
          for (int query = half; query < tokens.length(row) - 1; query++) {
            int q = tokens.column(row, query);
            int k = tokens.column(row, key.of(query, half));
            queries++;
            for (int head = 0; head < heads; head++) {
              sums[layer][head] += pattern[((row * heads + head) * columns + q) * columns + k];
            }
          }
        }
      }
    }
    for (double[] layer : sums) {
      for (int head = 0; head < heads; head++) {
        layer[head] /= queries;
      }
    }
    return sums;
  }

  private static void check(HookedTransformer model, Tokens tokens) {
    if (!model.config().causal()) {
      throw new IllegalArgumentException(
          "These scores are defined for a causal model; this one is bidirectional");
    }
    for (int row = 0; row < tokens.batch(); row++) {
      long[] ids = tokens.row(row);
      int half = ids.length / 2;
      if (ids.length < 4
          || ids.length % 2 != 0
          || !Arrays.equals(ids, 0, half, ids, half, ids.length)) {
        throw new IllegalArgumentException(
            "Row %d is no text of 2 tokens or more, once repeated; draw them with new RepeatedTokens(...) and HeadScores.tokens(pairs)"
                .formatted(row));
      }
    }
  }
}
