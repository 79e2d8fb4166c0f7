package io.loupe.workbench.capture;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One head of one row of the batch in float64, a query at a time and by the definitions: scores,
 * softmax, sums over probabilities.
 */
final class ExactHead {
  private final AttentionPlan prepared;
  private final AttentionCall call;
  private final int batchRow;
  private final int head;
  private final double[] q; // [query, d_head]
  private final double[] k; // [key, d_head]
  private final RowLayout layout;
  private final HeadEdits edits;
  private final double[] scores; // [key]; minus infinity where hidden
  private final double[] pattern; // [key]
  private double lse;

  ExactHead(AttentionPlan prepared, int batchRow, int head, double[] q, double[] k) {
    this.prepared = prepared;
    this.call = prepared.call();
    this.batchRow = batchRow;
    this.head = head;
    this.q = q;
    this.k = k;
    this.layout = prepared.layout(batchRow);
    this.edits = prepared.edits(batchRow, head);
    this.scores = new double[call.keys()];
    this.pattern = new double[call.keys()];
  }

  /** Computes one query's row of the pattern, which stays until the next; all 0 without a key. */
  double[] row(int query) {
    int column = call.firstColumn() + query;
    double max = Double.NEGATIVE_INFINITY;
    for (int key = 0; key < scores.length; key++) {
      scores[key] =
          layout.sees(call.rule().mask(), column, key)
              ? edits.score(score(query, column, key), column, key)
              : Double.NEGATIVE_INFINITY;
      max = Math.max(max, scores[key]);
    }
    double sum = 0;
    for (int key = 0; key < scores.length; key++) {
      pattern[key] = max == Double.NEGATIVE_INFINITY ? 0 : Math.exp(scores[key] - max);
      sum += pattern[key];
    }
    lse = max + Math.log(sum);
    for (int key = 0; sum > 0 && key < scores.length; key++) {
      pattern[key] /= sum;
    }
    return pattern;
  }

  private double score(int query, int column, int key) {
    int d = call.dHead();
    double score = 0;
    for (int i = 0; i < d; i++) {
      score += q[query * d + i] * k[key * d + i];
    }
    score *= call.rule().scale();
    if (call.rule().softCap().isPresent()) {
      double cap = call.rule().softCap().getAsDouble();
      score = cap * Math.tanh(score / cap);
    }
    return score + call.rule().slope(head) * (layout.position(key) - layout.position(column));
  }

  /** Computes all queries: z, and the numbers that are asked for. */
  void run(double[] v, double[] z, @Nullable HeadColumns result) {
    for (int query = 0; query < call.queries(); query++) {
      double[] p = row(query);
      int at = ((batchRow * call.queries() + query) * call.heads() + head) * call.dHead();
      for (int key = 0; key < p.length; key++) {
        for (int i = 0; p[key] != 0 && i < call.dHead(); i++) {
          z[at + i] += edits.gate() * p[key] * v[key * call.dHead() + i];
        }
      }
      if (result != null) {
        reduce(query, result);
      }
    }
  }

  private void reduce(int query, HeadColumns result) {
    List<Statistic> statistics = call.request().statistics();
    result.empty()[query] = lse == Double.NEGATIVE_INFINITY;
    for (int s = 0; s < statistics.size(); s++) {
      KeySet keys = prepared.keySets(batchRow).get(s);
      result.values()[s][query] = value(statistics.get(s), keys, call.firstColumn() + query);
    }
    if (call.request().topKeys() > 0) {
      topKeys(result.topKeys()[query], result.topProbabilities()[query]);
    }
    for (int key = 0; key < result.received().length; key++) {
      result.received()[key] += pattern[key];
    }
  }

  private double value(Statistic statistic, @Nullable KeySet keys, int column) {
    if (keys != null && !keys.exists(column)) {
      return Double.NaN;
    }
    if (lse == Double.NEGATIVE_INFINITY) {
      return OfEmptyRow.value(statistic);
    }
    if (statistic.equals(Statistic.LOG_SUM_EXP)) {
      return lse;
    }
    int largest = 0;
    double sum = 0;
    for (int key = 0; key < pattern.length; key++) {
      largest = pattern[key] > pattern[largest] ? key : largest;
      sum += pattern[key] == 0 ? 0 : term(statistic, keys, column, key);
    }
    if (statistic.equals(Statistic.MAX_KEY)) {
      return layout.position(largest);
    }
    return statistic.equals(Statistic.MAX_PROBABILITY) ? pattern[largest] : sum;
  }

  private double term(Statistic statistic, @Nullable KeySet keys, int column, int key) {
    double p = pattern[key];
    double distance = Math.abs(layout.position(column) - layout.position(key));
    if (keys != null) {
      return keys.has(column, key) ? p : 0;
    } else if (statistic.equals(Statistic.ENTROPY)) {
      return -p * Math.log(p);
    } else if (statistic.equals(Statistic.SUM_OF_SQUARES)) {
      return p * p;
    } else if (statistic.equals(Statistic.DISTANCE)) {
      return p * distance;
    } else if (statistic instanceof Statistic.WindowedDistance within) {
      return p * Math.min(distance, within.window());
    }
    return 0;
  }

  private void topKeys(int[] keys, double[] probabilities) {
    Arrays.fill(keys, -1);
    for (int rank = 0; rank < keys.length; rank++) {
      int best = -1;
      for (int key = 0; key < scores.length; key++) {
        boolean behind =
            rank == 0
                || scores[key] < scores[keys[rank - 1]]
                || (scores[key] == scores[keys[rank - 1]] && key > keys[rank - 1]);
        boolean visible = scores[key] > Double.NEGATIVE_INFINITY;
        if (visible && behind && (best < 0 || scores[key] > scores[best])) {
          best = key;
        }
      }
      if (best < 0) {
        return;
      }
      keys[rank] = best;
      probabilities[rank] = pattern[best];
    }
  }
}
