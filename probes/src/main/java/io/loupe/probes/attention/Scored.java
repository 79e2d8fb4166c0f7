package io.loupe.probes.attention;

import io.loupe.workbench.stats.Auroc;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Scores of held-out examples: the higher, the more like the positive class.
 *
 * @param scores one for each example; kept, not copied
 * @param positive which are of the positive class; kept, not copied
 * @param groups of each example
 */
public record Scored(double[] scores, boolean[] positive, List<String> groups) {
  public Scored {
    groups = List.copyOf(groups);
    if (scores.length != positive.length || scores.length != groups.size()) {
      throw new IllegalArgumentException(
          "Expected a class and a group for each of %d scores, got %d and %d"
              .formatted(scores.length, positive.length, groups.size()));
    }
  }

  /** Returns the area under the ROC curve; NaN without examples of both kinds. */
  public double auroc() {
    return Auroc.of(scores, positive);
  }

  /** Returns the ROC curve. */
  public RocCurve curve() {
    return RocCurve.of(scores, positive);
  }

  /**
   * Returns a 95 % bootstrap interval of the area, from whole groups drawn with replacement; NaN at
   * both ends if all examples are of one group, which leaves nothing to draw from.
   */
  public Interval interval(long seed) {
    int[][] rows = rows();
    if (rows.length < 2) {
      return new Interval(Double.NaN, Double.NaN, 0.95);
    }
    return Bootstrap.of(rows.length, drawn -> area(rows, drawn), 0.95, seed);
  }

  /**
   * Returns a 95 % bootstrap interval of this area minus another's on the same examples, both from
   * the same drawn groups; NaN at both ends if there is one group only.
   */
  public Interval difference(Scored other, long seed) {
    if (!groups.equals(other.groups)) {
      throw new IllegalArgumentException("A difference is that of scores of the same examples");
    }
    int[][] rows = rows();
    if (rows.length < 2) {
      return new Interval(Double.NaN, Double.NaN, 0.95);
    }
    return Bootstrap.of(
        rows.length, drawn -> area(rows, drawn) - other.area(rows, drawn), 0.95, seed);
  }

  private double area(int[][] rows, int[] drawn) {
    int count = 0;
    for (int group : drawn) {
      count += rows[group].length;
    }
    double[] own = new double[count];
    boolean[] yes = new boolean[count];
    int next = 0;
    for (int group : drawn) {
      for (int row : rows[group]) {
        own[next] = scores[row];
        yes[next++] = positive[row];
      }
    }
    return Auroc.of(own, yes);
  }

  private int[][] rows() {
    Map<String, List<Integer>> rows = new LinkedHashMap<>();
    for (int i = 0; i < groups.size(); i++) {
      rows.computeIfAbsent(groups.get(i), group -> new ArrayList<>()).add(i);
    }
    return rows.values().stream()
        .map(own -> own.stream().mapToInt(Integer::intValue).toArray())
        .toArray(int[][]::new);
  }
}
