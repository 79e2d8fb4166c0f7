package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import io.loupe.datasets.task.VectorPair;
import io.loupe.datasets.task.VectorSequence;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * In-context linear regression: points with their values under an unknown linear function, and one
 * more point (Garg et al. 2022, What Can Transformers Learn In-Context? A Case Study of Simple
 * Function Classes; In-Context Linear Regression Demystified, 2025).
 *
 * <p>Points and weights are standard normal in every dimension, values are w.x / sqrt(dimensions)
 * plus normal noise. Corrupted: the same points and noise under another w. There are 2^62 examples,
 * one for each state of the random numbers that make it; the splits are cut from these.
 */
public final class LinearRegression extends CutTask<VectorPair> {
  private final int dimensions;
  private final int points;
  private final double noise;

  /** The task with 4 dimensions, 16 points and no noise. */
  public LinearRegression() {
    this(4, 16, 0);
  }

  /**
   * The task of this size.
   *
   * @param points how many there are before the one that is asked about
   * @param noise standard deviation of what is added to the values; not negative
   */
  public LinearRegression(int dimensions, int points, double noise) {
    super(
        new TaskInfo(
            "linear-regression",
            "What is the value of the last point? Corrupted: another linear function.",
            "Garg et al. 2022, What Can Transformers Learn In-Context? A Case Study of Simple"
                + " Function Classes"),
        SplitShares.USUAL);
    Ids.atLeast("dimensions", dimensions, 1);
    Ids.atLeast("points", points, 1);
    if (!(noise >= 0 && Double.isFinite(noise))) {
      throw new IllegalArgumentException("Expected finite noise of 0 or more, got " + noise);
    }
    this.dimensions = dimensions;
    this.points = points;
    this.noise = noise;
  }

  @Override
  protected VectorPair make(Split split, Choices choices) {
    choices.below(BigInteger.TWO.pow(62));
    Random random = choices.free();
    double[][] inputs =
        IntStream.rangeClosed(0, points)
            .mapToObj(point -> normal(random, dimensions))
            .toArray(double[][]::new);
    double[] errors = normal(random, points + 1);
    double[] weights = normal(random, dimensions);
    double[] others = normal(random, dimensions);
    return new VectorPair(
        sequence(inputs, weights, errors), sequence(inputs, others, errors), "", split);
  }

  private VectorSequence sequence(double[][] inputs, double[] weights, double[] errors) {
    double[] outputs = new double[inputs.length];
    Arrays.setAll(
        outputs,
        point ->
            IntStream.range(0, dimensions).mapToDouble(d -> weights[d] * inputs[point][d]).sum()
                    / Math.sqrt(dimensions)
                + noise * errors[point]);
    return new VectorSequence(inputs, outputs);
  }

  private static double[] normal(Random random, int n) {
    return IntStream.range(0, n).mapToDouble(i -> random.nextGaussian()).toArray();
  }
}
