package io.loupe.workbench.stats;

/** The area under the receiver operating characteristic. */
public final class Auroc {
  private Auroc() {}

  /**
   * Returns the probability that a positive example scores higher than a negative one, ties
   * counting half (Hanley and McNeil 1982); NaN without examples of both kinds.
   *
   * @param scores one for each example
   * @param positive which examples are positive
   */
  public static double of(double[] scores, boolean[] positive) {
    if (scores.length != positive.length) {
      throw new IllegalArgumentException(
          "Expected a score for each of %d examples, got %d"
              .formatted(positive.length, scores.length));
    }
    long positives = 0;
    for (boolean yes : positive) {
      positives += yes ? 1 : 0;
    }
    long negatives = positive.length - positives;
    if (positives == 0 || negatives == 0) {
      return Double.NaN;
    }
    double[] ranks = Correlation.ranks(scores);
    double sum = 0;
    for (int i = 0; i < ranks.length; i++) {
      sum += positive[i] ? ranks[i] : 0;
    }
    return (sum - positives * (positives + 1) / 2.0) / ((double) positives * negatives);
  }
}
