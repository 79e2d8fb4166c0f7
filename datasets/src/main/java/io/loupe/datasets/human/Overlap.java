package io.loupe.datasets.human;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How much two weightings of the same tokens or words have in common, such as human and model
 * attention. Entries that are NaN in either are left out and counted.
 *
 * @param spearman rank correlation, in [-1, 1], ties with mean ranks; NaN if one is constant
 * @param kendall Kendall's tau-b, in [-1, 1]; NaN if one is constant
 * @param kl Kullback-Leibler divergence of the model from the human, KL(human || model), in nats,
 *     both made to sum to 1 with {@value #SMOOTHING} added to each entry's share
 * @param jensenShannon Jensen-Shannon divergence in nats, in [0, ln 2]
 * @param topK part of the k largest entries of one that are among those of the other, in [0, 1]
 * @param k how many, at most all
 * @param compared number of entries compared
 * @param missing number left out
 */
public record Overlap(
    double spearman,
    double kendall,
    double kl,
    double jensenShannon,
    double topK,
    int k,
    int compared,
    int missing) {
  /** What is added to each entry's share for {@link #kl}, which is infinite where a share is 0. */
  public static final double SMOOTHING = 1e-6;

  private static final int FEWEST = 2;

  /**
   * Compares two weightings.
   *
   * @param human one for each entry, 0 or more; NaN where unknown
   * @param model the same
   * @param k how many of the largest entries to compare, from 1
   * @throws IllegalArgumentException if lengths differ, fewer than 2 entries are known or than k, a
   *     value is negative, or all are 0
   */
  public static Overlap of(double[] human, double[] model, int k) {
    if (human.length != model.length) {
      throw new IllegalArgumentException(
          "Expected as many entries of both, got %d human and %d of the model; tokens(offsets) gives the human one of a tokenizer's tokens"
              .formatted(human.length, model.length));
    }
    int[] known =
        IntStream.range(0, human.length)
            .filter(i -> !Double.isNaN(human[i]) && !Double.isNaN(model[i]))
            .toArray();
    if (known.length < FEWEST || k < 1 || k > known.length) {
      throw new IllegalArgumentException(
          "Expected at least 2 known entries and 1 <= k <= as many, got %d known of %d, k = %d"
              .formatted(known.length, human.length, k));
    }
    double[] h = Arrays.stream(known).mapToDouble(i -> human[i]).toArray();
    double[] m = Arrays.stream(known).mapToDouble(i -> model[i]).toArray();
    return new Overlap(
        spearman(h, m),
        kendall(h, m),
        kl(h, m, SMOOTHING),
        jensenShannon(h, m),
        topK(h, m, k),
        k,
        known.length,
        human.length - known.length);
  }

  /** Returns Spearman's rank correlation, ties with mean ranks; NaN if one is constant. */
  public static double spearman(double[] a, double[] b) {
    requireSame(a, b);
    return pearson(ranks(a), ranks(b));
  }

  /** Returns Kendall's tau-b; NaN if one is constant. */
  public static double kendall(double[] a, double[] b) {
    requireSame(a, b);
    double agreement = 0;
    double differentA = 0;
    double differentB = 0;
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < i; j++) {
        int signA = Double.compare(a[i] + 0.0, a[j] + 0.0); // + 0.0: -0 equals 0
        int signB = Double.compare(b[i] + 0.0, b[j] + 0.0);
        agreement += Integer.signum(signA) * Integer.signum(signB);
        differentA += signA == 0 ? 0 : 1;
        differentB += signB == 0 ? 0 : 1;
      }
    }
    return agreement / Math.sqrt(differentA * differentB);
  }

  /**
   * Returns the divergence KL(p || q) in nats, 0 or more.
   *
   * @param p weights, 0 or more; made to sum to 1
   * @param q the same
   * @param smoothing added to each share before it is made to sum to 1 again; with 0 the result may
   *     be infinite
   */
  public static double kl(double[] p, double[] q, double smoothing) {
    requireSame(p, q);
    double[] first = shares(p, smoothing);
    double[] second = shares(q, smoothing);
    return divergence(first, second);
  }

  /** Returns the Jensen-Shannon divergence in nats, in [0, ln 2]; weights are made to sum to 1. */
  public static double jensenShannon(double[] p, double[] q) {
    requireSame(p, q);
    double[] first = shares(p, 0);
    double[] second = shares(q, 0);
    double[] middle =
        IntStream.range(0, p.length).mapToDouble(i -> (first[i] + second[i]) / 2).toArray();
    return (divergence(first, middle) + divergence(second, middle)) / 2;
  }

  /**
   * Returns the part of the k largest entries of one that are among those of the other. Where
   * entries are as large as the k-th, it is the mean over all ways of breaking ties in both.
   */
  public static double topK(double[] a, double[] b, int k) {
    requireSame(a, b);
    if (k < 1 || k > a.length) {
      throw new IllegalArgumentException("Expected 1 <= k <= %d, got %d".formatted(a.length, k));
    }
    double[] inA = chances(a, k);
    double[] inB = chances(b, k);
    return IntStream.range(0, a.length).mapToDouble(i -> inA[i] * inB[i]).sum() / k;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Spearman %.3f, Kendall %.3f, KL %.3f nats, Jensen-Shannon %.3f nats, top-%d overlap %.3f (%d entries, %d missing)",
        spearman,
        kendall,
        kl,
        jensenShannon,
        k,
        topK,
        compared,
        missing);
  }

  private static double[] chances(double[] values, int k) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double last = sorted[values.length - k];
    long above = Arrays.stream(values).filter(v -> v > last).count();
    long ties = Arrays.stream(values).filter(v -> v == last).count();
    double chance = (k - above) / (double) ties;
    return Arrays.stream(values).map(v -> v > last ? 1 : v == last ? chance : 0).toArray();
  }

  private static double[] ranks(double[] values) {
    Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (i, j) -> Double.compare(values[i] + 0.0, values[j] + 0.0));
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + to - 1) / 2.0;
      }
      from = to;
    }
    return ranks;
  }

  private static double pearson(double[] a, double[] b) {
    double meanA = Arrays.stream(a).average().orElse(0);
    double meanB = Arrays.stream(b).average().orElse(0);
    double both = 0;
    double squareA = 0;
    double squareB = 0;
    for (int i = 0; i < a.length; i++) {
      both += (a[i] - meanA) * (b[i] - meanB);
      squareA += (a[i] - meanA) * (a[i] - meanA);
      squareB += (b[i] - meanB) * (b[i] - meanB);
    }
    return both / Math.sqrt(squareA * squareB);
  }

  private static double[] shares(double[] weights, double smoothing) {
    double sum = Arrays.stream(weights).sum();
    if (Arrays.stream(weights).anyMatch(w -> w < 0) || !(sum > 0 && sum < Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "Expected weights of 0 or more with a positive sum, got " + Arrays.toString(weights));
    }
    double all = 1 + smoothing * weights.length;
    return Arrays.stream(weights).map(w -> (w / sum + smoothing) / all).toArray();
  }

  private static double divergence(double[] p, double[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += p[i] == 0 ? 0 : p[i] * Math.log(p[i] / q[i]);
    }
    return Math.max(0, sum);
  }

  private static void requireSame(double[] a, double[] b) {
    if (a.length != b.length || a.length == 0) {
      throw new IllegalArgumentException(
          "Expected as many entries of both, got %d and %d".formatted(a.length, b.length));
    }
    if (Arrays.stream(a).anyMatch(Double::isNaN) || Arrays.stream(b).anyMatch(Double::isNaN)) {
      throw new IllegalArgumentException(
          "Expected numbers, got NaN; Overlap.of leaves out what is NaN");
    }
  }
}
