package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.IdPair;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

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
    return scores(model, tokens, half -> 1);
  }

  /**
   * Returns each head's mean attention to the token behind the query's earlier occurrence, [layer]
   * [head].
   *
   * @param tokens rows of random tokens, each row's second half its first once more
   */
  public static double[][] induction(HookedTransformer model, Tokens tokens) {
    return scores(model, tokens, half -> half - 1);
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

  /** Attention is reduced while it is computed: there is no pattern. */
  private static double[][] scores(
      HookedTransformer model, Tokens tokens, IntUnaryOperator offsetOfHalf) {
    check(model, tokens);
    Statistic[] ofRows = new Statistic[tokens.batch()];
    Arrays.setAll(ofRows, row -> Statistic.offset(offsetOfHalf.applyAsInt(tokens.length(row) / 2)));
    AttentionStatistics statistics =
        model.attention(tokens, AttentionRequest.of(ofRows)).statistics();
    double[][] scores = new double[model.config().layers()][model.config().heads()];
    for (Head head : model.config().allHeads()) {
      double sum = 0;
      long queries = 0;
      for (int row = 0; row < tokens.batch(); row++) {
        double[] masses = statistics.values(ofRows[row], head, row);
        for (int query = masses.length / 2; query < masses.length - 1; query++) {
          sum += masses[query];
          queries++;
        }
      }
      scores[head.layer()][head.index()] = sum / queries;
    }
    return scores;
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
