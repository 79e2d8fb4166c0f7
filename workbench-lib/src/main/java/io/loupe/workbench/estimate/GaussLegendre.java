package io.loupe.workbench.estimate;

/**
 * Gauss-Legendre quadrature on [0, 1]: the points and weights that integrate polynomials of degree
 * 2n - 1 exactly, so that few steps suffice where the integrand is smooth.
 */
final class GaussLegendre {
  private final double[] points;
  private final double[] weights;

  GaussLegendre(int steps) {
    points = new double[steps];
    weights = new double[steps];
    for (int i = 0; i < steps; i++) {
      double x = Math.cos(Math.PI * (i + 0.75) / (steps + 0.5)); // near the root of P_n
      double slope = 1;
      for (int iteration = 0; iteration < 100; iteration++) {
        double before = 1;
        double value = x;
        for (int degree = 2; degree <= steps; degree++) {
          double next = ((2 * degree - 1) * x * value - (degree - 1) * before) / degree;
          before = value;
          value = next;
        }
        slope = steps * (x * value - before) / (x * x - 1);
        double step = value / slope;
        x -= step;
        if (Math.abs(step) < 1e-15) {
          break;
        }
      }
      points[i] = (1 - x) / 2;
      weights[i] = 1 / ((1 - x * x) * slope * slope);
    }
  }

  /** Returns the points, ascending. */
  double[] points() {
    return points.clone();
  }

  /** Returns the weights; they sum to 1. */
  double[] weights() {
    return weights.clone();
  }
}
