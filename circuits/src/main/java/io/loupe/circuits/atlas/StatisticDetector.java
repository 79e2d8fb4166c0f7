package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.text.Tokens;

/**
 * The mean of a statistic of attention over each prompt's queries.
 *
 * @param firstQuery queries before this position are left out: they can look nowhere else
 * @param causal whether the kind is one of causal models
 */
record StatisticDetector(
    Passes.Kind kind, Tokens tokens, Statistic statistic, int firstQuery, boolean causal)
    implements HeadDetector {

  @Override
  public HeadMap measure(HookedTransformer model) {
    if (causal) {
      Passes.requireCausal(model, kind);
    }
    double[][][] values =
        Passes.values(
            model,
            tokens,
            AttentionRequest.of(statistic),
            (statistics, part, head, row) ->
                mean(statistics.values(statistic, head, row), firstQuery));
    return Passes.map(model, kind, tokens, values);
  }

  /** Returns the mean of the defined values from one on; NaN if there is none. */
  static double mean(double[] values, int from) {
    double sum = 0;
    int count = 0;
    for (int i = from; i < values.length; i++) {
      sum += Double.isNaN(values[i]) ? 0 : values[i];
      count += Double.isNaN(values[i]) ? 0 : 1;
    }
    return count == 0 ? Double.NaN : sum / count;
  }
}
