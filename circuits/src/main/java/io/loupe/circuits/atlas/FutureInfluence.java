package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.stream.IntStream;

/** What tokens receive from queries some way behind them; see {@link HeadDetectors}. */
record FutureInfluence(Passes.Kind kind, Tokens tokens, int nearest, int farthest)
    implements HeadDetector {

  @Override
  public HeadMap measure(HookedTransformer model) {
    Passes.requireCausal(model, kind);
    Statistic[] offsets =
        IntStream.rangeClosed(nearest, farthest)
            .mapToObj(Statistic::offset)
            .toArray(Statistic[]::new);
    double[][][] values =
        Passes.values(
            model,
            tokens,
            AttentionRequest.of(offsets),
            (statistics, part, head, row) -> value(statistics, offsets, head, row));
    return Passes.map(model, kind, tokens, values);
  }

  private double value(AttentionStatistics statistics, Statistic[] offsets, Head head, int row) {
    double[][] byOffset = new double[offsets.length][];
    for (int i = 0; i < offsets.length; i++) {
      byOffset[i] = statistics.values(offsets[i], head, row);
    }
    int length = byOffset[0].length;
    double sum = 0;
    int keys = length - nearest;
    for (int key = 0; key < keys; key++) {
      int last = Math.min(farthest, length - 1 - key);
      double received = 0;
      for (int offset = nearest; offset <= last; offset++) {
        received += byOffset[offset - nearest][key + offset];
      }
      sum += received / (last - nearest + 1);
    }
    return sum / keys;
  }
}
