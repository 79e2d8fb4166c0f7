package io.loupe.probes.score;

import io.loupe.probes.data.Labels;
import io.loupe.workbench.stats.Auroc;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** Predictions of tags beside the true ones; a tag is predicted from one half on. Immutable. */
public final class TagScores implements Scores {
  private final Labels.Tags truth;
  private final double[][] predictions;

  private TagScores(Labels.Tags truth, double[][] predictions) {
    this.truth = truth;
    this.predictions = predictions;
  }

  /**
   * Scores predictions.
   *
   * @param truth of each example
   * @param predictions [example][tag], probabilities
   */
  public static TagScores of(Labels.Tags truth, double[][] predictions) {
    if (truth.size() != predictions.length || predictions.length == 0) {
      throw new IllegalArgumentException(
          "Expected predictions for %d examples, at least one; got %d"
              .formatted(truth.size(), predictions.length));
    }
    return new TagScores(truth, predictions);
  }

  @Override
  public String measure() {
    return "micro F1";
  }

  /** Returns F1 over all decisions: twice the hits over hits twice, misses and false alarms. */
  @Override
  public double value() {
    return IntStream.range(0, truth.names().size())
        .mapToObj(this::counts)
        .reduce((a, b) -> new long[] {a[0] + b[0], a[1] + b[1], a[2] + b[2]})
        .map(TagScores::f1)
        .orElseThrow();
  }

  @Override
  public double criterion() {
    return -logLoss();
  }

  /** Returns the mean over examples and tags of minus the logarithm of what is true, in nats. */
  public double logLoss() {
    double loss = 0;
    for (int i = 0; i < predictions.length; i++) {
      for (int t = 0; t < predictions[i].length; t++) {
        double own = truth.has()[i][t] ? predictions[i][t] : 1 - predictions[i][t];
        loss -= Math.log(Math.max(own, 1e-15)) / predictions[i].length;
      }
    }
    return loss / predictions.length;
  }

  /** Returns a tag's F1; NaN if it never occurs and is never predicted. */
  public double f1(int tag) {
    return f1(counts(tag));
  }

  private static double f1(long[] counts) {
    double all = 2.0 * counts[0] + counts[1] + counts[2];
    return all == 0 ? Double.NaN : 2 * counts[0] / all;
  }

  /** Returns hits, misses and false alarms. */
  private long[] counts(int tag) {
    long[] counts = new long[3];
    for (int i = 0; i < predictions.length; i++) {
      boolean said = predictions[i][tag] >= 0.5;
      boolean is = truth.has()[i][tag];
      counts[0] += said && is ? 1 : 0;
      counts[1] += !said && is ? 1 : 0;
      counts[2] += said && !is ? 1 : 0;
    }
    return counts;
  }

  /** Returns the area under a tag's ROC curve. */
  public double auroc(int tag) {
    boolean[] positive = new boolean[predictions.length];
    for (int i = 0; i < positive.length; i++) {
      positive[i] = truth.has()[i][tag];
    }
    return Auroc.of(Arrays.stream(predictions).mapToDouble(row -> row[tag]).toArray(), positive);
  }

  @Override
  public double[] perExample() {
    int tags = truth.names().size();
    return IntStream.range(0, predictions.length)
        .mapToDouble(
            i ->
                IntStream.range(0, tags)
                        .filter(t -> predictions[i][t] >= 0.5 == truth.has()[i][t])
                        .count()
                    / (double) tags)
        .toArray();
  }

  @Override
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("micro F1", value());
    values.put("share of right tags", Arrays.stream(perExample()).average().orElseThrow());
    values.put("log loss", logLoss());
    double area =
        IntStream.range(0, truth.names().size())
            .mapToDouble(this::auroc)
            .filter(x -> !Double.isNaN(x))
            .average()
            .orElse(Double.NaN);
    if (!Double.isNaN(area)) {
      values.put("AUROC, mean over tags", area);
    }
    return values;
  }

  @Override
  public String toString() {
    return "micro F1 %.3f on %d examples".formatted(value(), predictions.length);
  }
}
