package io.loupe.workbench.evaluation;

import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How well a model does one thing.
 *
 * @param ability its name, such as {@code ioi} or {@code key-value-32}
 * @param results one for each prompt
 */
public record AbilityScore(String ability, List<Result> results) {
  private static final double LEVEL = 0.95;

  /**
   * What the model said to one prompt.
   *
   * @param prompt the text
   * @param answer the best of the right answers, with its leading space
   * @param said the token with the largest logit of all
   * @param first whether {@code said} is a right answer
   * @param difference logit of the best right answer minus that of the best wrong one
   */
  public record Result(
      String prompt, String answer, String said, boolean first, double difference) {}

  public AbilityScore {
    results = List.copyOf(results);
    if (results.isEmpty()) {
      throw new IllegalArgumentException("Ability '" + ability + "' needs at least one result");
    }
  }

  /**
   * Returns the share of prompts on which a right answer has a larger logit than the wrong ones.
   */
  public double accuracy() {
    return mean(AbilityScore::ahead);
  }

  /** Returns the 95 % bootstrap interval of {@link #accuracy}, over prompts. */
  public Interval accuracyInterval() {
    return interval(AbilityScore::ahead);
  }

  /** Returns the share of prompts on which a right answer has the largest logit of all tokens. */
  public double top1() {
    return mean(result -> result.first ? 1 : 0);
  }

  /** Returns the mean logit difference. */
  public double difference() {
    return mean(Result::difference);
  }

  /** Returns the 95 % bootstrap interval of {@link #difference}, over prompts. */
  public Interval differenceInterval() {
    return interval(Result::difference);
  }

  /** Returns the results whose right answer is not ahead, the worst first. */
  public List<Result> mistakes() {
    return results.stream()
        .filter(result -> !(result.difference > 0))
        .sorted(java.util.Comparator.comparingDouble(Result::difference))
        .toList();
  }

  private static double ahead(Result result) {
    return result.difference > 0 ? 1 : 0;
  }

  private double mean(ToDoubleFunction<Result> value) {
    return results.stream().mapToDouble(value).average().orElseThrow();
  }

  private Interval interval(ToDoubleFunction<Result> value) {
    return Bootstrap.ofMean(results.stream().mapToDouble(value).toArray(), LEVEL, 0);
  }
}
