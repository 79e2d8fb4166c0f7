package io.loupe.probes.score;

import io.loupe.probes.data.Labels;
import io.loupe.workbench.stats.Correlation;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Predictions of numbers beside the true ones. Immutable. */
public final class NumberScores implements Scores {
  private final Labels.Numbers truth;
  private final double[][] predictions;

  private NumberScores(Labels.Numbers truth, double[][] predictions) {
    this.truth = truth;
    this.predictions = predictions;
  }

  /**
   * Scores predictions.
   *
   * @param truth of each example
   * @param predictions [example][number]
   */
  public static NumberScores of(Labels.Numbers truth, double[][] predictions) {
    if (truth.size() != predictions.length || predictions.length < 2) {
      throw new IllegalArgumentException(
          "Expected predictions for %d examples, at least two; got %d"
              .formatted(truth.size(), predictions.length));
    }
    return new NumberScores(truth, predictions);
  }

  @Override
  public String measure() {
    return "R2";
  }

  /** Returns R squared, mean over the numbers. */
  @Override
  public double value() {
    return IntStream.range(0, truth.names().size()).mapToDouble(this::r2).average().orElseThrow();
  }

  @Override
  public double criterion() {
    return value();
  }

  /**
   * Returns a number's R squared: 1 minus the squared error over that of the mean of these
   * examples. 0 is no better than that mean; it can be below.
   */
  public double r2(int number) {
    double[] own = truth.column(number);
    double mean = Arrays.stream(own).average().orElseThrow();
    double error = 0;
    double spread = 0;
    for (int i = 0; i < own.length; i++) {
      error += square(own[i] - predictions[i][number]);
      spread += square(own[i] - mean);
    }
    return spread == 0 ? Double.NaN : 1 - error / spread;
  }

  /** Returns a number's mean absolute error, in its unit. */
  public double meanAbsoluteError(int number) {
    return IntStream.range(0, predictions.length)
        .mapToDouble(i -> Math.abs(truth.values()[i][number] - predictions[i][number]))
        .average()
        .orElseThrow();
  }

  /** Returns Spearman's rank correlation of a number with its predictions. */
  public double spearman(int number) {
    return Correlation.spearman(truth.column(number), column(number));
  }

  /** Returns the predictions of a number; [example]. */
  public double[] column(int number) {
    return Arrays.stream(predictions).mapToDouble(row -> row[number]).toArray();
  }

  /** Returns the numbers' names. */
  public List<String> names() {
    return truth.names();
  }

  @Override
  public double[] perExample() {
    return IntStream.range(0, predictions.length)
        .mapToDouble(
            i ->
                IntStream.range(0, truth.names().size())
                    .mapToDouble(n -> square(truth.values()[i][n] - predictions[i][n]))
                    .sum())
        .toArray();
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("R2", value());
    for (int n = 0; n < truth.names().size(); n++) {
      String name = truth.names().size() == 1 ? "" : " of " + truth.names().get(n);
      if (!name.isEmpty()) {
        values.put("R2" + name, r2(n));
      }
      values.put("mean absolute error" + name, meanAbsoluteError(n));
      double rank = spearman(n);
      if (!Double.isNaN(rank)) {
        values.put("Spearman" + name, rank);
      }
    }
    return values;
  }

  private static double square(double x) {
    return x * x;
  }

  @Override
  public String toString() {
    return "R2 %.3f on %d examples".formatted(value(), predictions.length);
  }
}
