package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.circuits.heads.Origin;
import io.loupe.circuits.weights.FactoredMatrix;
import io.loupe.circuits.weights.HeadWeights;
import io.loupe.circuits.weights.RelationSet;
import io.loupe.circuits.weights.TokenVectors;
import io.loupe.datasets.language.Successor;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Head;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Whether the next item of a series is raised above all other items; from the weights. */
record SuccessorDetector(Passes.Kind kind, List<Successor.Series> series) implements HeadDetector {
  SuccessorDetector {
    series = List.copyOf(series);
    if (series.isEmpty()) {
      throw new IllegalArgumentException("Name at least one series: Successor.Series.NUMBERS");
    }
  }

  @Override
  public HeadMap measure(HookedTransformer model) {
    List<RelationSet> sets =
        series.stream().map(each -> RelationSet.of(each, model.tokenizer())).toList();
    HeadWeights plain = HeadWeights.folded(model);
    HeadWeights weights =
        model.config().hasMlps() ? plain.with(TokenVectors.THROUGH_FIRST_MLP) : plain;
    int pairs = sets.stream().mapToInt(set -> set.pairs().size()).sum();
    double[][][] values = Passes.empty(model, pairs);
    for (Head head : model.config().allHeads()) {
      FactoredMatrix circuit = weights.vocabularyOv(head);
      int at = 0;
      for (RelationSet set : sets) {
        Set<Long> items = new LinkedHashSet<>();
        set.pairs().forEach(pair -> items.add(pair.source()));
        set.pairs().forEach(pair -> items.add(pair.target()));
        int[] sources = set.pairs().stream().mapToInt(pair -> (int) pair.source()).toArray();
        double[][] rows = circuit.rows(sources);
        for (int i = 0; i < sources.length; i++) {
          double own = rows[i][(int) set.pairs().get(i).target()];
          double[] row = rows[i];
          boolean most = items.stream().noneMatch(item -> row[item.intValue()] > own);
          values[head.layer()][head.index()][at++] = most && own > 0 ? 1 : 0;
        }
      }
    }
    return HeadMap.of(
        Origin.of(weights.model()),
        kind.label("%d pairs of %s; the weights, %s".formatted(pairs, series, weights.vectors())),
        values);
  }
}
