package io.loupe.circuits.certainty;

/** The exact sign test. */
final class Binomial {
  private Binomial() {}

  /**
   * Returns the two-sided p-value of so many successes if both outcomes are equally likely: twice
   * the smaller tail, at most 1; 1 for no trials.
   */
  static double twoSided(int successes, int trials) {
    int fewer = Math.min(successes, trials - successes);
    double tail = 0;
    double logChoose = 0; // of trials over k
    for (int k = 0; k <= fewer; k++) {
      tail += Math.exp(logChoose - trials * Math.log(2));
      logChoose += Math.log(trials - k) - Math.log(k + 1);
    }
    return Math.min(1, 2 * tail);
  }
}
