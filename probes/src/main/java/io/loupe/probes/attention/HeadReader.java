package io.loupe.probes.attention;

import io.loupe.probes.data.Example;
import io.loupe.probes.data.Features;
import io.loupe.probes.data.ProbeData;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads features of heads off streamed passes. */
final class HeadReader {
  /** Tokens in a pass, about: more is no faster. */
  private static final int TOKENS = 2048;

  private final ProbeData data;
  private final List<HeadFeature> kinds;
  private final List<Head> heads;
  private final float[] values;

  private HeadReader(ProbeData data, List<HeadFeature> kinds, List<Head> heads) {
    this.data = data;
    this.kinds = kinds;
    this.heads = heads;
    this.values = new float[Math.multiplyExact(data.size(), kinds.size() * heads.size())];
  }

  static Features read(
      HookedTransformer model, ProbeData data, List<HeadFeature> kinds, List<Head> heads) {
    HeadReader reader = new HeadReader(data, kinds, heads);
    Statistic[] statistics =
        kinds.stream().flatMap(kind -> kind.reads().stream()).toArray(Statistic[]::new);
    AttentionRequest request = AttentionRequest.of(statistics);
    for (List<Integer> rows : batches(data)) {
      List<Tokens> own = rows.stream().map(row -> data.tokens().rows(row, row + 1)).toList();
      Tokens tokens = Tokens.concat(Tokens.Padding.RIGHT, own);
      reader.take(model.attention(tokens, request).statistics(), tokens, rows);
    }
    return Features.of(reader.values, kinds.size() * heads.size());
  }

  /** Returns the rows that have examples, those of like length together. */
  static List<List<Integer>> batches(ProbeData data) {
    List<Integer> rows =
        data.examples().stream()
            .map(Example::row)
            .distinct()
            .sorted(Comparator.comparing(row -> data.tokens().length(row)))
            .toList();
    return batches(rows, data.tokens());
  }

  static List<List<Integer>> batches(List<Integer> ascending, Tokens tokens) {
    List<List<Integer>> batches = new ArrayList<>();
    List<Integer> open = new ArrayList<>();
    for (int row : ascending) {
      if (!open.isEmpty() && (open.size() + 1) * tokens.length(row) > TOKENS) {
        batches.add(List.copyOf(open));
        open.clear();
      }
      open.add(row);
    }
    if (!open.isEmpty()) {
      batches.add(List.copyOf(open));
    }
    return batches;
  }

  private void take(AttentionStatistics statistics, Tokens tokens, List<Integer> rows) {
    Map<Integer, Integer> place = new HashMap<>();
    rows.forEach(row -> place.put(row, place.size()));
    for (int e = 0; e < data.size(); e++) {
      Example example = data.examples().get(e);
      Integer row = place.get(example.row());
      for (int k = 0; row != null && k < kinds.size(); k++) {
        for (int h = 0; h < heads.size(); h++) {
          double mean = mean(kinds.get(k), statistics, heads.get(h), tokens, row, example);
          if (Double.isNaN(mean)) {
            throw new IllegalArgumentException(
                "'%s' of head %s is not defined at any of positions %d to %d of row %d; take the example or the feature out"
                    .formatted(
                        kinds.get(k),
                        heads.get(h),
                        example.start(),
                        example.end() - 1,
                        example.row()));
          }
          values[(e * kinds.size() + k) * heads.size() + h] = (float) mean;
        }
      }
    }
  }

  private static double mean(
      HeadFeature kind,
      AttentionStatistics statistics,
      Head head,
      Tokens tokens,
      int row,
      Example example) {
    List<Statistic> reads = kind.reads();
    double[][] columns = new double[reads.size()][];
    for (int s = 0; s < columns.length; s++) {
      columns[s] = statistics.values(reads.get(s), head, row);
    }
    double[] at = new double[columns.length];
    double sum = 0;
    int count = 0;
    for (int query = example.start(); query < example.end(); query++) {
      for (int s = 0; s < columns.length; s++) {
        at[s] = columns[s][query];
      }
      double value = kind.at(at, tokens, row, query);
      sum += Double.isNaN(value) ? 0 : value;
      count += Double.isNaN(value) ? 0 : 1;
    }
    return count == 0 ? Double.NaN : sum / count;
  }
}
