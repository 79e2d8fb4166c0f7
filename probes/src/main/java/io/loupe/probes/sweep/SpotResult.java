package io.loupe.probes.sweep;

import io.loupe.probes.data.Spot;
import io.loupe.probes.score.ClassScores;
import io.loupe.probes.score.Scores;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The probes of one place, one for each seed or fold.
 *
 * @param spot the place
 * @param trials one for each seed or fold
 */
public record SpotResult(Spot spot, List<Trial> trials) {
  public SpotResult {
    trials = List.copyOf(trials);
  }

  /** Returns the test score, mean over seeds. */
  public double value() {
    return mean(trial -> trial.test().value());
  }

  /** Returns the standard deviation of the test score over seeds; 0 for one seed. */
  public double deviation() {
    return deviation(trial -> trial.test().value());
  }

  /** Returns the control task's test score, mean over seeds; NaN without one. */
  public double control() {
    return mean(trial -> value(trial.control()));
  }

  /** Returns the test score above the control task's, mean over seeds; NaN without one. */
  public double selectivity() {
    return mean(Trial::selectivity);
  }

  /** Returns the test score with shuffled training labels, mean over seeds; NaN if left out. */
  public double shuffled() {
    return mean(trial -> value(trial.shuffled()));
  }

  /** Returns the score of a constant prediction, mean over seeds. */
  public double majority() {
    return mean(trial -> trial.majority().value());
  }

  /** Returns the mean of anything over seeds. */
  public double mean(ToDoubleFunction<Trial> of) {
    return trials.stream().mapToDouble(of).average().orElseThrow();
  }

  /** Returns the standard deviation of anything over seeds (n - 1); 0 for one seed. */
  public double deviation(ToDoubleFunction<Trial> of) {
    double[] values = trials.stream().mapToDouble(of).toArray();
    if (values.length == 1) {
      return 0;
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(
        Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum() / (values.length - 1));
  }

  /**
   * Returns a 95 % bootstrap interval of the first seed's accuracy or share of right tags over its
   * test examples.
   */
  public Interval interval(long seed) {
    return Bootstrap.ofMean(trials.get(0).test().perExample(), 0.95, seed);
  }

  /**
   * Returns the first seed's scores of classes: confusion, AUROC, calibration.
   *
   * @throws IllegalArgumentException if labels are not classes
   */
  public ClassScores classes() {
    Scores scores = trials.get(0).test();
    if (scores instanceof ClassScores classes) {
      return classes;
    }
    throw new IllegalArgumentException(
        "These probes do not tell classes; read trials().get(0).test(): " + scores.values());
  }

  /** Returns the first seed's number of that name, mean over seeds; NaN where it is not defined. */
  double named(String name) {
    return mean(trial -> trial.test().values().getOrDefault(name, Double.NaN));
  }

  static double value(Optional<Scores> scores) {
    Function<Scores, Double> value = Scores::value;
    return scores.map(value).orElse(Double.NaN);
  }
}
