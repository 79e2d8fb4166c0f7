package io.loupe.datasets.task;

import java.util.Arrays;

/**
 * Points with their values, and a last point whose value is asked for. Arrays are copied on the way
 * in and out.
 */
public final class VectorSequence {
  private final double[][] inputs;
  private final double[] outputs;

  /**
   * Makes a sequence.
   *
   * @param inputs [point][dimension]; the last one is asked about
   * @param outputs [point], the last one included
   */
  public VectorSequence(double[][] inputs, double[] outputs) {
    if (inputs.length != outputs.length || inputs.length < 2) {
      throw new IllegalArgumentException(
          "Expected two points or more with a value each, got %d points and %d values"
              .formatted(inputs.length, outputs.length));
    }
    this.inputs = copy(inputs);
    this.outputs = outputs.clone();
  }

  /** Returns the points, [point][dimension]. */
  public double[][] inputs() {
    return copy(inputs);
  }

  /** Returns the values, [point]; the last one is the answer. */
  public double[] outputs() {
    return outputs.clone();
  }

  /** Returns the number of points, the asked one included. */
  public int length() {
    return outputs.length;
  }

  /** Returns the value of the last point. */
  public double answer() {
    return outputs[outputs.length - 1];
  }

  private static double[][] copy(double[][] rows) {
    return Arrays.stream(rows).map(double[]::clone).toArray(double[][]::new);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VectorSequence that
        && Arrays.deepEquals(inputs, that.inputs)
        && Arrays.equals(outputs, that.outputs);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.deepHashCode(inputs) + Arrays.hashCode(outputs);
  }

  @Override
  public String toString() {
    return "%d points of %d dimensions, answer %.4f"
        .formatted(length(), inputs[0].length, answer());
  }
}
