package io.loupe.probes.trainer;

import io.loupe.probes.data.Features;

/**
 * A linear map from features as they are read off the model (not standardised) to one number for
 * each class, tag or number.
 *
 * @param weights [output][feature]; kept, not copied
 * @param bias [output]; kept, not copied
 */
public record LinearMap(double[][] weights, double[] bias) {
  public LinearMap {
    if (weights.length == 0 || weights.length != bias.length) {
      throw new IllegalArgumentException(
          "A linear map has a bias for each output, at least one; got %d rows of weights, %d biases"
              .formatted(weights.length, bias.length));
    }
  }

  /** Returns the number of outputs. */
  public int outputs() {
    return bias.length;
  }

  /** Returns the number of features. */
  public int columns() {
    return weights[0].length;
  }

  /**
   * Applies it to an example.
   *
   * @return [output]
   */
  public double[] of(Features features, int row) {
    int columns = columns();
    if (features.columns() != columns) {
      throw new IllegalArgumentException(
          "The probe was trained on %d features, these examples have %d"
              .formatted(columns, features.columns()));
    }
    float[] values = features.values();
    int first = row * columns;
    double[] out = bias.clone();
    for (int o = 0; o < out.length; o++) {
      double[] own = weights[o];
      // four sums at a time: one chain of additions would wait for each to end
      double a = 0;
      double b = 0;
      double c = 0;
      double d = 0;
      int i = 0;
      for (; i + 3 < columns; i += 4) {
        a += own[i] * values[first + i];
        b += own[i + 1] * values[first + i + 1];
        c += own[i + 2] * values[first + i + 2];
        d += own[i + 3] * values[first + i + 3];
      }
      for (; i < columns; i++) {
        a += own[i] * values[first + i];
      }
      out[o] += a + b + c + d;
    }
    return out;
  }

  /** Returns a copy of an output's weights. */
  public double[] row(int output) {
    requireOutput(output);
    return weights[output].clone();
  }

  /**
   * Returns the direction in which an output grows against the others: with two outputs, the
   * difference of their weights; with more, its weights minus the mean of all; with one, its
   * weights.
   */
  public double[] direction(int output) {
    double[] direction = row(output);
    if (outputs() == 1) {
      return direction;
    }
    for (int i = 0; i < direction.length; i++) {
      double others = 0;
      for (int o = 0; o < outputs(); o++) {
        others += o == output ? 0 : weights[o][i];
      }
      direction[i] -= others / (outputs() - 1);
    }
    return direction;
  }

  private void requireOutput(int output) {
    if (output < 0 || output >= outputs()) {
      throw new IllegalArgumentException(
          "There are outputs 0 to %d, got %d".formatted(outputs() - 1, output));
    }
  }
}
