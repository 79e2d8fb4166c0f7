package io.loupe.workbench.attribution;

/** Kendall's rank correlation with ties (1945). */
final class Kendall {
  private Kendall() {}

  /**
   * Returns tau-b, from -1 to 1: concordant minus discordant pairs over the root of the product of
   * the pairs not tied in each; NaN if all values of one are equal.
   */
  static double tauB(double[] x, double[] y) {
    long difference = 0;
    long untiedX = 0;
    long untiedY = 0;
    for (int i = 0; i < x.length; i++) {
      for (int j = i + 1; j < x.length; j++) {
        int inX = Double.compare(x[i], x[j]);
        int inY = Double.compare(y[i], y[j]);
        difference += (long) Integer.signum(inX) * Integer.signum(inY);
        untiedX += inX == 0 ? 0 : 1;
        untiedY += inY == 0 ? 0 : 1;
      }
    }
    return difference / Math.sqrt((double) untiedX * untiedY);
  }
}
