package io.loupe.circuits.certainty;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The test of paired differences by flipping signs (Fisher 1935): if a difference were as often
 * positive as negative, every choice of signs would be as likely as the one that was seen.
 */
final class SignFlips {
  private static final int FLIPS = 9_999;

  private SignFlips() {}

  /**
   * Returns the two-sided p-value of the mean: the share of 9,999 random choices of signs, and of
   * the one that was seen, whose mean is at least as far from 0. Never below 1 / 10,000, and 1 if
   * all differences are 0.
   */
  static double twoSided(double[] differences, long seed) {
    double seen = Math.abs(Arrays.stream(differences).sum());
    double rounding = 1e-12 * Arrays.stream(differences).map(Math::abs).sum();
    SplittableRandom random = new SplittableRandom(seed);
    int asFar = 1;
    for (int flip = 0; flip < FLIPS; flip++) {
      double sum = 0;
      for (double difference : differences) {
        sum += random.nextBoolean() ? difference : -difference;
      }
      asFar += Math.abs(sum) >= seen - rounding ? 1 : 0;
    }
    return asFar / (FLIPS + 1.0);
  }
}
