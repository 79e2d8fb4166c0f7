package io.loupe.probes.sweep;

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
 * @param place where the features are from, in words
 * @param all one for each seed or fold, at least one
 */
public record Trials(String place, List<Trial> all) {
  public Trials {
    all = List.copyOf(all);
    if (all.isEmpty()) {
      throw new IllegalArgumentException("There are no trials of " + place);
    }
  }

  /** Returns the trial of the first seed or fold. */
  public Trial first() {
    return all.get(0);
  }

  /** Returns the name of the score: {@code accuracy}, {@code R2} or {@code micro F1}. */
  public String measure() {
    return first().test().measure();
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
    return all.stream().mapToDouble(of).average().orElseThrow();
  }

  /** Returns the standard deviation of anything over seeds (n - 1); 0 for one seed. */
  public double deviation(ToDoubleFunction<Trial> of) {
    double[] values = all.stream().mapToDouble(of).toArray();
    if (values.length == 1) {
      return 0;
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(
        Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum() / (values.length - 1));
  }

  /**
   * Returns a 95 % bootstrap interval of the mean of {@link Scores#perExample} over the first
   * seed's test examples: of the accuracy, the share of right tags, or the squared error.
   */
  public Interval interval(long seed) {
    return Bootstrap.ofMean(first().test().perExample(), 0.95, seed);
  }

  /**
   * Returns the first seed's scores of classes: confusion, AUROC, calibration.
   *
   * @throws IllegalArgumentException if labels are not classes
   */
  public ClassScores classes() {
    Scores scores = first().test();
    if (scores instanceof ClassScores classes) {
      return classes;
    }
    throw new IllegalArgumentException(
        "These probes do not tell classes; read first().test(): " + scores.values());
  }

  /** Returns a number of {@link Scores#values}, mean over seeds; NaN where it is not defined. */
  public double named(String name) {
    return mean(trial -> trial.test().values().getOrDefault(name, Double.NaN));
  }

  static double value(Optional<Scores> scores) {
    Function<Scores, Double> value = Scores::value;
    return scores.map(value).orElse(Double.NaN);
  }
}
