package io.loupe.workbench.laboratory;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.datasets.task.VectorSequence;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Value;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.List;
import org.ejml.simple.SimpleMatrix;

/**
 * Points and their values as inputs of a transformer, and what it says the last value is (Garg et
 * al. 2022; one token for a point with its value, as von Oswald et al. 2023 write them).
 *
 * <p>A point of D dimensions is added to the first D coordinates of its token's embedding, its
 * value to the next one; the value of the last point is not given, and read from the logit of id 0
 * there. Known points are token 0, the last one is token 1.
 */
public final class InContextRegression {
  private InContextRegression() {}

  /**
   * Returns the tokens of sequences: all of one length.
   *
   * @throws IllegalArgumentException if their lengths differ, or there is none
   */
  public static Tokens tokens(List<VectorSequence> sequences) {
    int length = length(sequences);
    long[] row = new long[length];
    row[length - 1] = 1;
    return Tokens.of(sequences.stream().map(one -> row).toArray(long[][]::new));
  }

  /**
   * Returns what adds the points and values to the embeddings of {@link #tokens}.
   *
   * @param dModel of the model: more than the points have dimensions
   */
  public static Intervention inputs(List<VectorSequence> sequences, int dModel) {
    int length = length(sequences);
    int dimensions = sequences.get(0).inputs()[0].length;
    if (dModel <= dimensions) {
      throw new IllegalArgumentException(
          "Points of %d dimensions and their values need a d_model of %d or more; got %d"
              .formatted(dimensions, dimensions + 1, dModel));
    }
    double[] flat = new double[sequences.size() * length * dModel];
    int at = 0;
    for (VectorSequence sequence : sequences) {
      double[][] points = sequence.inputs();
      double[] values = sequence.outputs();
      for (int i = 0; i < length; i++) {
        System.arraycopy(points[i], 0, flat, at, points[i].length);
        flat[at + points[i].length] = i + 1 < length ? values[i] : 0;
        at += dModel;
      }
    }
    try (NDManager scope = Engines.newManager(Device.cpu())) {
      Shape shape = new Shape(sequences.size(), length, dModel);
      NDArray vectors = scope.create(DoubleBuffer.wrap(flat), shape, DataType.FLOAT64);
      return new Intervention.Add(
          Sites.EMBED.here(), Slice.ALL, Value.of(vectors, "points and their values"), 1);
    }
  }

  /**
   * Returns what the model says the last points' values are, [sequence].
   *
   * @param sequences all of one length
   */
  public static double[] predictions(HookedTransformer model, List<VectorSequence> sequences) {
    Tokens tokens = tokens(sequences);
    check(sequences.get(0), model.config());
    int vocab = model.config().vocab();
    try (Run run = model.with(inputs(sequences, model.config().dModel())).run(tokens)) {
      double[] logits = Tensors.doubles(run.logits().get(":, -1"));
      double[] said = new double[sequences.size()];
      Arrays.setAll(said, i -> logits[i * vocab]);
      return said;
    }
  }

  /** Returns what least squares says: the shortest weights if several fit, [sequence]. */
  public static double[] leastSquares(List<VectorSequence> sequences) {
    return sequences.stream().mapToDouble(InContextRegression::leastSquares).toArray();
  }

  private static double leastSquares(VectorSequence sequence) {
    double[][] points = sequence.inputs();
    int known = points.length - 1;
    SimpleMatrix x = new SimpleMatrix(Arrays.copyOf(points, known));
    SimpleMatrix y = new SimpleMatrix(known, 1, true, Arrays.copyOf(sequence.outputs(), known));
    SimpleMatrix weights = x.pseudoInverse().mult(y);
    return new SimpleMatrix(new double[][] {points[known]}).mult(weights).get(0);
  }

  /**
   * Returns what weights say that begin at 0 and take steps of gradient descent on half the mean
   * squared error of the known points, [sequence].
   *
   * @param steps how many, 0 or more
   * @param rate of learning, above 0
   */
  public static double[] gradientDescent(List<VectorSequence> sequences, int steps, double rate) {
    if (steps < 0 || !(rate > 0)) {
      throw new IllegalArgumentException(
          "Expected 0 steps or more and a rate above 0; got %d and %s".formatted(steps, rate));
    }
    return sequences.stream().mapToDouble(one -> descended(one, steps, rate)).toArray();
  }

  private static double descended(VectorSequence sequence, int steps, double rate) {
    double[][] points = sequence.inputs();
    double[] values = sequence.outputs();
    int known = points.length - 1;
    double[] weights = new double[points[0].length];
    for (int step = 0; step < steps; step++) {
      double[] gradient = new double[weights.length];
      for (int i = 0; i < known; i++) {
        double error = dot(weights, points[i]) - values[i];
        for (int d = 0; d < weights.length; d++) {
          gradient[d] += error * points[i][d] / known;
        }
      }
      for (int d = 0; d < weights.length; d++) {
        weights[d] -= rate * gradient[d];
      }
    }
    return dot(weights, points[known]);
  }

  /** Returns the squared errors of predictions, [sequence]. */
  public static double[] squaredErrors(List<VectorSequence> sequences, double[] predictions) {
    double[] errors = new double[predictions.length];
    Arrays.setAll(errors, i -> Math.pow(predictions[i] - sequences.get(i).answer(), 2));
    return errors;
  }

  static void check(VectorSequence sequence, ModelConfig config) {
    if (config.vocab() < 2) {
      throw new IllegalArgumentException(
          "Known points and the last one are tokens 0 and 1; the model's vocabulary is "
              + config.vocab());
    }
    if (sequence.length() > config.longestInput()) {
      throw new IllegalArgumentException(
          "The examples have %d points; the model's context is %d"
              .formatted(sequence.length(), config.longestInput()));
    }
  }

  private static int length(List<VectorSequence> sequences) {
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException("Expected at least one sequence; got none");
    }
    int length = sequences.get(0).length();
    for (VectorSequence other : sequences) {
      if (other.length() != length) {
        throw new IllegalArgumentException(
            "Expected sequences of one length; got %d and %d points"
                .formatted(length, other.length()));
      }
    }
    return length;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
