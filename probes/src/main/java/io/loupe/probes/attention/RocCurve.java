package io.loupe.probes.attention;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * A receiver operating characteristic: what share of positive examples a threshold finds, against
 * the share of negative ones that it takes for positive. Equal scores are one step.
 *
 * @param falsePositives shares from 0 to 1, ascending
 * @param truePositives as many
 */
public record RocCurve(double[] falsePositives, double[] truePositives) {
  /**
   * Returns the curve of scores; higher ones are more positive.
   *
   * @throws IllegalArgumentException if there are not examples of both kinds
   */
  public static RocCurve of(double[] scores, boolean[] positive) {
    if (scores.length != positive.length) {
      throw new IllegalArgumentException(
          "Expected a score for each of %d examples, got %d"
              .formatted(positive.length, scores.length));
    }
    long all = IntStream.range(0, positive.length).filter(i -> positive[i]).count();
    long none = positive.length - all;
    if (all == 0 || none == 0) {
      throw new IllegalArgumentException(
          "A ROC curve needs examples of both kinds, got %d positive and %d negative ones"
              .formatted(all, none));
    }
    int[] order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparing((Integer i) -> scores[i]).reversed())
            .mapToInt(Integer::intValue)
            .toArray();
    double[] x = new double[scores.length + 1];
    double[] y = new double[scores.length + 1];
    int steps = 1;
    long found = 0;
    for (int i = 0; i < order.length; i++) {
      found += positive[order[i]] ? 1 : 0;
      boolean last = i + 1 == order.length || scores[order[i + 1]] != scores[order[i]];
      if (last) {
        x[steps] = (double) (i + 1 - found) / none;
        y[steps++] = (double) found / all;
      }
    }
    return new RocCurve(Arrays.copyOf(x, steps), Arrays.copyOf(y, steps));
  }

  /** Returns the area under it, by trapezoids. */
  public double area() {
    double area = 0;
    for (int i = 1; i < falsePositives.length; i++) {
      area +=
          (falsePositives[i] - falsePositives[i - 1])
              * (truePositives[i] + truePositives[i - 1])
              / 2;
    }
    return area;
  }
}
