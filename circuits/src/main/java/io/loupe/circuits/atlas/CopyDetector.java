package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.weights.HeadWeights;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;

/**
 * Attention to a key, counted where the head moves the logit of the key's token more than that of
 * any other token of the prompt. The final norm divides all logits of a position by one number, so
 * it changes no ranking; what the head adds whatever it looks at (the values' bias) is not in its z
 * in folded weights.
 *
 * @param sign 1 where the token must be raised most, -1 where it must be lowered most
 * @param induced whether the key is the one behind the query's earlier occurrence; else the most
 *     probable one but the first token
 */
record CopyDetector(Passes.Kind kind, Tokens tokens, int sign, boolean induced)
    implements HeadDetector {

  @Override
  public HeadMap measure(HookedTransformer given) {
    Passes.requireCausal(given, kind);
    HookedTransformer model = given.folded();
    HeadWeights weights = HeadWeights.asTheyAre(model);
    weights.writtenLogits(new Head(0, 0), 0); // refuses a head whose logits are not read off
    AttentionRequest request =
        (induced ? AttentionRequest.of(Statistic.INDUCTION) : AttentionRequest.of().topKeys(2))
            .withOutputs();
    double[][][] values = Passes.empty(model, tokens.batch());
    Passes.over(
        tokens,
        (first, part) -> {
          AttentionStatistics statistics = model.attention(part, request).statistics();
          for (int row = 0; row < part.batch(); row++) {
            long[] ids = part.row(row);
            long[] different = Arrays.stream(ids).distinct().sorted().toArray();
            for (Head head : model.config().allHeads()) {
              values[head.layer()][head.index()][first + row] =
                  value(
                      Written.z(statistics, part, head, row),
                      weights.writtenLogits(head, different),
                      ids,
                      different,
                      looks(statistics, ids, head, row));
            }
          }
        });
    return Passes.map(model, kind, tokens, values);
  }

  /**
   * Where a query looks.
   *
   * @param key the position; -1 for a query that is not counted
   * @param mass the probability
   */
  private record Look(int key, double mass) {}

  private Look[] looks(AttentionStatistics statistics, long[] ids, Head head, int row) {
    Look[] looks = new Look[ids.length];
    if (induced) {
      double[] masses = statistics.values(Statistic.INDUCTION, head, row);
      for (int query = 0; query < looks.length; query++) {
        looks[query] = new Look(behindLastOccurrence(ids, query), masses[query]);
      }
      return looks;
    }
    int[][] keys = statistics.topKeys(head, row);
    double[][] masses = statistics.topProbabilities(head, row);
    for (int query = 0; query < looks.length; query++) {
      int rank = keys[query][0] == 0 ? 1 : 0;
      looks[query] =
          query == 0 ? new Look(-1, Double.NaN) : new Look(keys[query][rank], masses[query][rank]);
    }
    return looks;
  }

  private static int behindLastOccurrence(long[] ids, int query) {
    for (int key = query - 1; key >= 0; key--) {
      if (ids[key] == ids[query]) {
        return key + 1;
      }
    }
    return -1;
  }

  private double value(
      double[][] z, double[][] written, long[] ids, long[] different, Look[] looks) {
    double sum = 0;
    int count = 0;
    for (int query = 0; query < looks.length; query++) {
      int key = looks[query].key();
      if (key < 0) {
        continue;
      }
      count++;
      double[] logits = Written.logits(z[query], written);
      double own = sign * logits[Arrays.binarySearch(different, ids[key])];
      boolean most = own > 0 && Arrays.stream(logits).noneMatch(logit -> sign * logit > own);
      sum += most ? looks[query].mass() : 0;
    }
    return count == 0 ? Double.NaN : sum / count;
  }
}
