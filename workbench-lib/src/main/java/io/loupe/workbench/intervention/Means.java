package io.loupe.workbench.intervention;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;

/** Means of recorded activations. */
final class Means {
  private Means() {}

  static Value perPosition(HookPoint at, Recording reference) {
    if (reference.tokens().isPadded()) {
      throw new IllegalArgumentException(
          "A mean per position needs rows of equal length; the reference is padded. Use mean(...) over all tokens");
    }
    requirePositions(at);
    return Value.of(reference.get(at).mean(new int[] {0}, true), "mean per position of " + at);
  }

  static Value overTokens(HookPoint at, Recording reference) {
    requirePositions(at);
    NDArray activation = reference.get(at);
    Tokens tokens = reference.tokens();
    try (NDManager scope = activation.getManager().newSubManager()) {
      NDArray weights = tokenWeights(tokens, activation, scope);
      NDArray weighted = activation.mul(weights);
      weighted.attach(scope);
      return Value.of(weighted.sum(new int[] {0, 1}, true), "mean of " + at);
    }
  }

  private static void requirePositions(HookPoint at) {
    if (at.site().axes().indexOf(Axis.POS) != 1) {
      throw new IllegalArgumentException(
          "%s has the axes %s: a mean over tokens is taken where axis 1 is POS"
              .formatted(at, at.site().axes()));
    }
  }

  /** Each token of the reference weighs the same, padding nothing; the weights sum to one. */
  private static NDArray tokenWeights(Tokens tokens, NDArray activation, NDManager scope) {
    int rows = (int) activation.getShape().get(0);
    int length = tokens.length();
    double[] weights = new double[rows * length];
    int count = 0;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < length; column++) {
        if (tokens.isToken(row, column)) {
          weights[row * length + column] = 1;
          count++;
        }
      }
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] /= count;
    }
    long[] shape = new long[activation.getShape().dimension()];
    Arrays.fill(shape, 1);
    shape[0] = rows;
    shape[1] = length;
    DataType type = activation.getDataType();
    return scope.create(weights, new Shape(shape)).toType(type, false);
  }
}
