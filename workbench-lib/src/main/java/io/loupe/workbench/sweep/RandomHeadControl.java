package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.plot.Figure;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.HeadSet;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The effect of ablating a set of heads, beside that of random sets of the same size.
 *
 * @param ablation how they were ablated, with the weights' gauge where that matters
 * @param heads the set
 * @param effect the set's effect on the metric, mean over examples
 * @param randomEffects the random sets' effects
 * @param seed what they were drawn with
 */
public record RandomHeadControl(
    String ablation, HeadSet heads, double effect, List<Double> randomEffects, long seed)
    implements Displayable {
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

  /**
   * Draws the random sets' effects in ascending order, and the set's own effect where it would
   * stand among them.
   */
  public Figure plot() {
    double[] random = randomEffects.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double[] fractions =
        IntStream.range(0, random.length).mapToDouble(i -> (i + 0.5) / random.length).toArray();
    double smaller =
        Arrays.stream(random).filter(value -> value < effect).count() / (double) random.length;
    return Plots.scatter()
        .group(random.length + " random sets of " + heads.size() + " heads", random, fractions)
        .group(heads.toString(), new double[] {effect}, new double[] {smaller})
        .xLabel("effect of " + ablation + " on the metric")
        .yLabel("fraction of random sets with a smaller effect")
        .title("The chosen heads among random sets of the same size");
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }

  @Override
  public String toString() {
    return "%s of %s: effect %.4f; %d random sets of %d heads: mean effect %.4f, p = %.3f"
        .formatted(
            ablation, heads, effect, randomEffects.size(), heads.size(), randomMean(), pValue());
  }
}
