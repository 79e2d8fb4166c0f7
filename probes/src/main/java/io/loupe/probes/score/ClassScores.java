package io.loupe.probes.score;

import io.loupe.probes.data.Labels;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.stats.Auroc;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Predictions of classes beside the true ones. Immutable. */
public final class ClassScores implements Scores {
  /** Bins of equal width in which confidence and accuracy are compared. */
  private static final int BINS = 10;

  private final Labels.Classes truth;
  private final double[][] predictions;
  private final boolean probabilities;
  private final int[] predicted;

  private ClassScores(Labels.Classes truth, double[][] predictions, boolean probabilities) {
    this.truth = truth;
    this.predictions = predictions;
    this.probabilities = probabilities;
    this.predicted = Arrays.stream(predictions).mapToInt(ClassScores::best).toArray();
  }

  /**
   * Scores predictions.
   *
   * @param truth of each example
   * @param predictions [example][class]
   * @param probabilities whether predictions are probabilities, so that they have a calibration
   */
  public static ClassScores of(
      Labels.Classes truth, double[][] predictions, boolean probabilities) {
    if (truth.size() != predictions.length || predictions.length == 0) {
      throw new IllegalArgumentException(
          "Expected predictions for %d examples, at least one; got %d"
              .formatted(truth.size(), predictions.length));
    }
    return new ClassScores(truth, predictions, probabilities);
  }

  private static int best(double[] scores) {
    return IntStream.range(0, scores.length)
        .reduce((a, b) -> scores[b] > scores[a] ? b : a)
        .orElseThrow();
  }

  @Override
  public String measure() {
    return "accuracy";
  }

  @Override
  public double value() {
    return Arrays.stream(perExample()).average().orElseThrow();
  }

  @Override
  public double criterion() {
    return probabilities ? -logLoss() : value();
  }

  @Override
  public double[] perExample() {
    return IntStream.range(0, predicted.length)
        .mapToDouble(i -> predicted[i] == truth.of()[i] ? 1 : 0)
        .toArray();
  }

  /** Returns the predicted class of each example. */
  public int[] predicted() {
    return predicted.clone();
  }

  /** Returns the true class of each example. */
  public int[] truth() {
    return truth.of().clone();
  }

  /** Returns the classes' names. */
  public List<String> names() {
    return truth.names();
  }

  /** Returns how often each class was taken for each; [true class][predicted class]. */
  public int[][] confusion() {
    int count = truth.names().size();
    int[][] confusion = new int[count][count];
    for (int i = 0; i < predicted.length; i++) {
      confusion[truth.of()[i]][predicted[i]]++;
    }
    return confusion;
  }

  /**
   * Returns the mean over classes of each one's share that was found (balanced accuracy); classes
   * without examples are left out.
   */
  public double balancedAccuracy() {
    int[][] confusion = confusion();
    return IntStream.range(0, confusion.length)
        .filter(c -> IntStream.of(confusion[c]).sum() > 0)
        .mapToDouble(c -> (double) confusion[c][c] / IntStream.of(confusion[c]).sum())
        .average()
        .orElseThrow();
  }

  /**
   * Returns the area under the ROC curve: of the second class if there are two, else the mean over
   * classes of each against the rest, those without examples on both sides left out.
   */
  public double auroc() {
    int count = truth.names().size();
    if (count == 2) {
      return auroc(1);
    }
    return IntStream.range(0, count)
        .mapToDouble(this::auroc)
        .filter(x -> !Double.isNaN(x))
        .average()
        .orElse(Double.NaN);
  }

  /** Returns the area under the ROC curve of a class against the rest; NaN where it has none. */
  public double auroc(int ofClass) {
    boolean[] positive = new boolean[predictions.length];
    double[] scores = new double[predictions.length];
    for (int i = 0; i < scores.length; i++) {
      positive[i] = truth.of()[i] == ofClass;
      // with two classes margins are relative to the other's
      scores[i] =
          predictions[i].length == 2
              ? predictions[i][ofClass] - predictions[i][1 - ofClass]
              : predictions[i][ofClass];
    }
    return Auroc.of(scores, positive);
  }

  /**
   * Returns the expected calibration error (Guo et al. 2017): the mean distance of confidence and
   * accuracy over ten bins of equal width, each weighted by its examples.
   *
   * @throws IllegalArgumentException if predictions are no probabilities
   */
  public double calibrationError() {
    double[][] bins = bins();
    double error = 0;
    for (double[] bin : bins) {
      error += bin[0] == 0 ? 0 : Math.abs(bin[1] - bin[2]) * bin[0] / predictions.length;
    }
    return error;
  }

  /** Returns examples, mean confidence and accuracy; [bin][3]. */
  private double[][] bins() {
    if (!probabilities) {
      throw new IllegalArgumentException(
          "Scores of this probe are no probabilities, so they have no calibration; Trainers.logistic() gives some");
    }
    double[][] bins = new double[BINS][3];
    for (int i = 0; i < predictions.length; i++) {
      double confidence = predictions[i][predicted[i]];
      double[] bin = bins[(int) Math.min(BINS - 1, confidence * BINS)];
      bin[0]++;
      bin[1] += confidence;
      bin[2] += predicted[i] == truth.of()[i] ? 1 : 0;
    }
    for (double[] bin : bins) {
      bin[1] = bin[0] == 0 ? Double.NaN : bin[1] / bin[0];
      bin[2] = bin[0] == 0 ? Double.NaN : bin[2] / bin[0];
    }
    return bins;
  }

  /** Returns the mean of minus the logarithm of the true class's probability, in nats. */
  public double logLoss() {
    double loss = 0;
    for (int i = 0; i < predictions.length; i++) {
      loss -= Math.log(Math.max(predictions[i][truth.of()[i]], 1e-15));
    }
    return loss / predictions.length;
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("accuracy", value());
    values.put("balanced accuracy", balancedAccuracy());
    if (!Double.isNaN(auroc())) {
      values.put("AUROC", auroc());
    }
    if (probabilities) {
      values.put("calibration error", calibrationError());
      values.put("log loss", logLoss());
    }
    return values;
  }

  /** Draws the confusion: of each true class, a row, the share that was taken for each class. */
  public Heatmap confusionPlot() {
    int[][] confusion = confusion();
    double[][] shares = new double[confusion.length][confusion.length];
    for (int c = 0; c < shares.length; c++) {
      int all = IntStream.of(confusion[c]).sum();
      for (int p = 0; p < shares.length; p++) {
        shares[c][p] = all == 0 ? Double.NaN : (double) confusion[c][p] / all;
      }
    }
    return Plots.heatmap(shares)
        .rows(truth.names())
        .columns(truth.names())
        .range(0, 1)
        .yLabel("true class")
        .xLabel("predicted class")
        .colorLabel("share of the true class")
        .title("Confusion, %d test examples".formatted(predictions.length));
  }

  /** Draws confidence against accuracy, ten bins; on the diagonal a probe knows what it knows. */
  public LineChart calibrationPlot() {
    double[][] bins = Arrays.stream(bins()).filter(bin -> bin[0] > 0).toArray(double[][]::new);
    return Plots.lines()
        .series("calibrated", new double[] {0, 1}, new double[] {0, 1})
        .series(
            "probe",
            Arrays.stream(bins).mapToDouble(bin -> bin[1]).toArray(),
            Arrays.stream(bins).mapToDouble(bin -> bin[2]).toArray())
        .xLabel("confidence")
        .yLabel("accuracy")
        .title("Calibration, expected error %.3f".formatted(calibrationError()));
  }

  @Override
  public String toString() {
    return "accuracy %.3f on %d examples".formatted(value(), predictions.length);
  }
}
