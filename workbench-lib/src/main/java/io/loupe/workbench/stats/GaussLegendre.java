package io.loupe.workbench.stats;

/**
 * Points and weights of an integral from 0 to 1: Gauss and Legendre's rule, exact for polynomials
 * of degree 2n - 1.
 *
 * @param points ascending, inside (0, 1)
 * @param weights that sum to 1
 */
public record GaussLegendre(double[] points, double[] weights) {
  public static GaussLegendre of(int count) {
    double[] points = new double[count];
    double[] weights = new double[count];
    for (int i = 0; i < count; i++) {
      double x = Math.cos(Math.PI * (i + 0.75) / (count + 0.5)); // near a root of the polynomial
      double slope = 1;
      for (int round = 0; round < 100; round++) {
        double before = 1;
        double value = x;
        for (int degree = 2; degree <= count; degree++) {
          double next = ((2 * degree - 1) * x * value - (degree - 1) * before) / degree;
          before = value;
          value = next;
        }
        slope = count * (x * value - before) / (x * x - 1);
        double step = value / slope;
        x -= step;
        if (Math.abs(step) < 1e-15) {
          break;
        }
      }
      points[count - 1 - i] = (1 + x) / 2;
      weights[count - 1 - i] = 1 / ((1 - x * x) * slope * slope);
    }
    return new GaussLegendre(points, weights);
  }
}
