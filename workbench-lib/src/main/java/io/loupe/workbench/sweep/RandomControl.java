package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.plot.Figure;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The effect of ablating a set of units, beside that of random sets of as many of the same kinds.
 *
 * @param ablation how they were ablated, with the weights' gauge where that matters
 * @param units the set
 * @param perExample the set's effect on the metric, for each example
 * @param randomEffects the random sets' effects, mean over examples
 * @param seed what they were drawn with
 */
public record RandomControl(
    String ablation,
    List<Unit> units,
    List<Double> perExample,
    List<Double> randomEffects,
    long seed)
    implements Displayable {
  public RandomControl {
    units = List.copyOf(units);
    perExample = List.copyOf(perExample);
    randomEffects = List.copyOf(randomEffects);
  }

  /** Returns the set's effect, mean over examples. */
  public double effect() {
    return mean(perExample);
  }

  /** Returns a 95 % bootstrap interval of the set's effect over examples. */
  public Interval interval(long bootstrapSeed) {
    return Bootstrap.ofMean(array(perExample), 0.95, bootstrapSeed);
  }

  /** Returns the mean effect of the random sets. */
  public double randomMean() {
    return mean(randomEffects);
  }

  /**
   * Returns how likely a random set is to do at least as much, counted with the set itself: (1 +
   * those with an effect as large) / (1 + draws).
   */
  public double pValue() {
    long asLarge = randomEffects.stream().filter(random -> random >= effect()).count();
    return (1.0 + asLarge) / (1.0 + randomEffects.size());
  }

  private static double mean(List<Double> values) {
    return Effects.mean(array(values));
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /**
   * Draws the random sets' effects in ascending order, and the set's own effect where it would
   * stand among them.
   */
  public Figure plot() {
    double[] random = randomEffects.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double[] fractions =
        IntStream.range(0, random.length).mapToDouble(i -> (i + 0.5) / random.length).toArray();
    double smaller =
        Arrays.stream(random).filter(value -> value < effect()).count() / (double) random.length;
    String own = units.size() <= 6 ? units.toString() : "the set";
    return Plots.scatter()
        .group(random.length + " random sets of " + Unit.words(units), random, fractions)
        .group(own, new double[] {effect()}, new double[] {smaller})
        .xLabel("effect of " + ablation + " on the metric")
        .yLabel("fraction of random sets with a smaller effect")
        .title("The chosen units among random sets of the same size");
  }

  @Override
  public MimeBundle display() {
    return plot().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "%s of %s: effect %.4f; %d random sets of %s: mean effect %.4f, p = %.3f"
        .formatted(
            ablation,
            units,
            effect(),
            randomEffects.size(),
            Unit.words(units),
            randomMean(),
            pValue());
  }
}
