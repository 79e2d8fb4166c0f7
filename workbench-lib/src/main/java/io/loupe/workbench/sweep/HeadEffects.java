package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The effect of ablating each head alone: the metric with the head ablated minus the metric of the
 * whole model, so that a positive effect on a loss says that the head helped.
 */
public final class HeadEffects implements Displayable {
  private final String kind;
  private final Gauge gauge;
  private final double[] baseline;
  private final double[][][] ablated;

  /**
   * Holds the values.
   *
   * @param kind how heads were ablated: {@code zero}, {@code mean}
   * @param gauge the gauge of the model's weights
   * @param baseline the metric of the whole model, [row]
   * @param ablated the metric with one head ablated, [layer][head][row]
   */
  HeadEffects(String kind, Gauge gauge, double[] baseline, double[][][] ablated) {
    this.kind = kind;
    this.gauge = gauge;
    this.baseline = baseline;
    this.ablated = ablated;
  }

  /** Returns how heads were ablated: {@code zero} or {@code mean}. */
  public String kind() {
    return kind;
  }

  /** Returns the gauge of the weights, on which the effects of zero ablation depend. */
  public Gauge gauge() {
    return gauge;
  }

  /** Returns the metric of the whole model, mean over examples. */
  public double baseline() {
    return Arrays.stream(baseline).average().orElseThrow();
  }

  /** Returns the metric of the whole model for each example. */
  public double[] baselines() {
    return baseline.clone();
  }

  /** Returns the effect of each head, mean over examples, [layer][head]. */
  public double[][] effects() {
    double[][] effects = new double[ablated.length][ablated[0].length];
    for (int layer = 0; layer < effects.length; layer++) {
      for (int index = 0; index < effects[layer].length; index++) {
        effects[layer][index] = effect(new Head(layer, index));
      }
    }
    return effects;
  }

  /** Returns a head's effect, mean over examples. */
  public double effect(Head head) {
    return Arrays.stream(perExample(head)).average().orElseThrow();
  }

  /** Returns a head's effect on each example. */
  public double[] perExample(Head head) {
    if (head.layer() >= ablated.length || head.index() >= ablated[0].length) {
      throw new IllegalArgumentException(
          "%s does not exist: there are %d layers of %d heads"
              .formatted(head, ablated.length, ablated[0].length));
    }
    double[] effect = ablated[head.layer()][head.index()].clone();
    for (int row = 0; row < effect.length; row++) {
      effect[row] -= baseline[row];
    }
    return effect;
  }

  /** Returns a 95 % bootstrap interval of a head's mean effect over examples. */
  public Interval interval(Head head, long seed) {
    return Bootstrap.ofMean(perExample(head), 0.95, seed);
  }

  /** Returns the heads with the largest effects. */
  public HeadSet top(int count) {
    return HeadSet.of(ranked().subList(0, Math.min(count, ranked().size())));
  }

  /** Returns all heads, the largest effect first. */
  public List<Head> ranked() {
    List<Head> heads = new ArrayList<>(HeadSet.all(ablated.length, ablated[0].length).toList());
    heads.sort(Comparator.comparingDouble((Head head) -> -effect(head)));
    return heads;
  }

  /** Draws the effects, layers as rows and heads as columns, white at zero. */
  public Heatmap plot() {
    return Plots.heatmap(effects())
        .rows(numbered("L", ablated.length))
        .columns(numbered("H", ablated[0].length))
        .diverging()
        .yLabel("layer")
        .xLabel("head")
        .colorLabel("change of the metric")
        .title("Effect of " + ablation() + ", each head alone");
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }

  @Override
  public String toString() {
    return "Effects of %s of %d x %d heads on a metric of %.4f; largest: %s"
        .formatted(ablation(), ablated.length, ablated[0].length, baseline(), ranked().get(0));
  }

  private String ablation() {
    return HeadAblation.named(kind, gauge);
  }

  private static List<String> numbered(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }
}
