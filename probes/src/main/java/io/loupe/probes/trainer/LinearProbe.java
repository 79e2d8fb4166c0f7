package io.loupe.probes.trainer;

import io.loupe.probes.data.Features;
import java.util.Optional;

/**
 * A linear map with what makes predictions of its outputs: a softmax over classes, a logistic
 * function for each tag, or nothing.
 *
 * @param map from features as they are
 * @param output what predictions are
 */
public record LinearProbe(LinearMap map, Output output) implements Probe {
  @Override
  public double[][] predict(Features features, int[] rows) {
    double[][] predictions = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      predictions[i] = linked(map.of(features, rows[i]));
    }
    return predictions;
  }

  private double[] linked(double[] out) {
    switch (output) {
      case PROBABILITIES -> softmax(out);
      case TAG_PROBABILITIES -> {
        for (int o = 0; o < out.length; o++) {
          out[o] = 1 / (1 + Math.exp(-out[o]));
        }
      }
      default -> {}
    }
    return out;
  }

  private static void softmax(double[] out) {
    double most = Double.NEGATIVE_INFINITY;
    for (double x : out) {
      most = Math.max(most, x);
    }
    double sum = 0;
    for (int o = 0; o < out.length; o++) {
      out[o] = Math.exp(out[o] - most);
      sum += out[o];
    }
    for (int o = 0; o < out.length; o++) {
      out[o] /= sum;
    }
  }

  @Override
  public Optional<LinearMap> linear() {
    return Optional.of(map);
  }
}
