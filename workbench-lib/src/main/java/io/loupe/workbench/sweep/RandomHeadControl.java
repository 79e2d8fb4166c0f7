package io.loupe.workbench.sweep;

import io.loupe.workbench.site.HeadSet;
import java.util.List;

/**
 * The effect of ablating a set of heads, beside that of random sets of the same size.
 *
 * @param heads the set
 * @param effect the set's effect on the metric, mean over examples
 * @param randomEffects the random sets' effects
 * @param seed what they were drawn with
 */
public record RandomHeadControl(
    HeadSet heads, double effect, List<Double> randomEffects, long seed) {
  public RandomHeadControl {
    randomEffects = List.copyOf(randomEffects);
  }

  /** Returns the mean effect of the random sets. */
  public double randomMean() {
    return randomEffects.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /**
   * Returns how likely a random set is to do at least as much, counted with the set itself: (1 +
   * those with an effect as large) / (1 + draws).
   */
  public double pValue() {
    long asLarge = randomEffects.stream().filter(random -> random >= effect).count();
    return (1.0 + asLarge) / (1.0 + randomEffects.size());
  }

  @Override
  public String toString() {
    return "ablating %s: effect %.4f; %d random sets of %d heads: mean effect %.4f, p = %.3f"
        .formatted(heads, effect, randomEffects.size(), heads.size(), randomMean(), pValue());
  }
}
