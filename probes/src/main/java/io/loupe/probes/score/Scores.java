package io.loupe.probes.score;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labels;
import io.loupe.probes.trainer.Probe;
import java.util.Map;

/** How well a probe does on some examples. */
public sealed interface Scores permits ClassScores, NumberScores, TagScores {

  /** Returns the name of the one number that curves are drawn of. */
  String measure();

  /** Returns that number; higher is better. */
  double value();

  /**
   * Returns what the settings of one trainer are chosen by; higher is better. Minus the log loss
   * where predictions are probabilities: it moves where accuracy stands still, and a penalty that
   * is too strong makes probabilities wrong before it makes decisions wrong. Otherwise the value.
   */
  double criterion();

  /** Returns all numbers by name, in the order to show them; those not defined are left out. */
  Map<String, Double> values();

  /**
   * Returns what each example adds: 1 or 0 for a right or wrong class, the share of right tags, the
   * squared error of numbers.
   */
  double[] perExample();

  /**
   * Scores a probe.
   *
   * @param rows the examples
   */
  static Scores of(Probe probe, Features features, Labels labels, int[] rows) {
    double[][] predictions = probe.predict(features, rows);
    if (labels instanceof Labels.Classes classes) {
      return ClassScores.of(
          classes.at(rows), predictions, probe.output() == Probe.Output.PROBABILITIES);
    }
    return labels instanceof Labels.Tags tags
        ? TagScores.of(tags.at(rows), predictions)
        : NumberScores.of((Labels.Numbers) labels.at(rows), predictions);
  }
}
