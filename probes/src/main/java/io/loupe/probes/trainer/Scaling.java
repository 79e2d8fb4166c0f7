package io.loupe.probes.trainer;

import io.loupe.probes.data.Features;

/**
 * How features were standardised. A feature that does not vary becomes zero.
 *
 * @param mean what was taken off, [feature]; kept, not copied
 * @param scale what was multiplied by, one over the standard deviation, or 0; [feature]; kept
 */
public record Scaling(double[] mean, double[] scale) {
  /** Returns the scaling after which some rows have mean 0 and deviation 1. */
  public static Scaling of(Features features, int[] rows) {
    int columns = features.columns();
    float[] values = features.values();
    double[] mean = new double[columns];
    double[] squares = new double[columns];
    for (int row : rows) {
      int first = row * columns;
      for (int i = 0; i < columns; i++) {
        mean[i] += values[first + i];
      }
    }
    for (int i = 0; i < columns; i++) {
      mean[i] /= rows.length;
    }
    for (int row : rows) {
      int first = row * columns;
      for (int i = 0; i < columns; i++) {
        double centred = values[first + i] - mean[i];
        squares[i] += centred * centred;
      }
    }
    double[] scale = new double[columns];
    for (int i = 0; i < columns; i++) {
      double deviation = Math.sqrt(squares[i] / rows.length);
      // below the rounding of float32 a feature does not vary
      scale[i] = deviation <= 1e-7 * Math.abs(mean[i]) || deviation == 0 ? 0 : 1 / deviation;
    }
    return new Scaling(mean, scale);
  }

  /**
   * Returns one example's standardised features.
   *
   * @return [feature]
   */
  public double[] row(Features features, int row) {
    if (features.columns() != mean.length) {
      throw new IllegalArgumentException(
          "The probe was trained on %d features, these examples have %d"
              .formatted(mean.length, features.columns()));
    }
    double[] out = new double[mean.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (features.at(row, i) - mean[i]) * scale[i];
    }
    return out;
  }

  /**
   * Returns a map of standardised features as one of features as they are.
   *
   * @param weights [output][feature], of standardised features
   */
  public LinearMap raw(double[][] weights, double[] bias) {
    double[][] raw = new double[weights.length][mean.length];
    double[] shifted = bias.clone();
    for (int o = 0; o < weights.length; o++) {
      for (int i = 0; i < mean.length; i++) {
        raw[o][i] = weights[o][i] * scale[i];
        shifted[o] -= raw[o][i] * mean[i];
      }
    }
    return new LinearMap(raw, shifted);
  }
}
