package io.loupe.probes.causal;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.sweep.DoseEffects;
import io.loupe.workbench.sweep.DoseResponse;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Amnesic probing (Elazar et al. 2021): directions that probes read are projected out of the
 * activations, and a metric of the task is looked at, beside as many random directions. If the task
 * suffers no more than from random ones, the model does not use what the probes read. Immutable.
 */
public final class AmnesicProbing implements Displayable {
  private final HookPoint at;
  private final int directions;
  private final double[] baseline;
  private final double[] amnesic;
  private final double[][] random; // [control][row]

  private AmnesicProbing(
      HookPoint at, int directions, double[] baseline, double[] amnesic, double[][] random) {
    this.at = at;
    this.directions = directions;
    this.baseline = baseline;
    this.amnesic = amnesic;
    this.random = random;
  }

  /**
   * Projects directions out, and random ones.
   *
   * @param directions linearly independent, e.g. {@link NullspaceProjection#directions}
   * @param slice at which positions, e.g. {@code Slice.ALL}
   * @param controls how many times random directions are drawn, at least 1
   */
  public static AmnesicProbing of(
      HookedTransformer model,
      HookPoint at,
      float[][] directions,
      Tokens tokens,
      Metric metric,
      Slice slice,
      int controls,
      long seed) {
    if (directions.length == 0 || controls < 1) {
      throw new IllegalArgumentException(
          "Expected directions and at least one random control, got %d and %d"
              .formatted(directions.length, controls));
    }
    Random draws = new Random(seed);
    float[][][] drawn = new float[controls][directions.length][directions[0].length];
    for (float[][] control : drawn) {
      for (float[] direction : control) {
        for (int j = 0; j < direction.length; j++) {
          direction[j] = (float) draws.nextGaussian();
        }
      }
    }
    DoseEffects effects =
        DoseResponse.of(model, tokens, metric)
            .over(
                IntStream.rangeClosed(0, controls).asDoubleStream().toArray(),
                c -> Interventions.projectOut(at, slice, c == 0 ? directions : drawn[(int) c - 1]));
    return new AmnesicProbing(
        at,
        directions.length,
        effects.baseline(),
        effects.perExample(0),
        IntStream.rangeClosed(1, controls).mapToObj(effects::perExample).toArray(double[][]::new));
  }

  /** Returns the metric as it is, [row]. */
  public double[] baseline() {
    return baseline.clone();
  }

  /** Returns the metric without the directions, [row]. */
  public double[] amnesic() {
    return amnesic.clone();
  }

  /** Returns the metric without random directions, [control][row]. */
  public double[][] random() {
    return Arrays.stream(random).map(double[]::clone).toArray(double[][]::new);
  }

  /** Returns by how much the metric changes without the directions, mean over examples. */
  public double effect() {
    return mean(amnesic) - mean(baseline);
  }

  /** Returns by how much it changes without random directions, mean over draws and examples. */
  public double randomEffect() {
    return Arrays.stream(random).mapToDouble(AmnesicProbing::mean).average().orElseThrow()
        - mean(baseline);
  }

  /**
   * Returns a 95 % bootstrap interval over examples of the effect above that of random directions.
   * If 0 is in it, the directions matter no more than any others.
   */
  public Interval specific(long seed) {
    double[] differences =
        IntStream.range(0, baseline.length)
            .mapToDouble(
                row ->
                    amnesic[row]
                        - Arrays.stream(random)
                            .mapToDouble(own -> own[row])
                            .average()
                            .orElseThrow())
            .toArray();
    return Bootstrap.ofMean(differences, 0.95, seed);
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  /** Returns the three metrics. */
  public Table table() {
    return Table.of("taken out", "metric", "change")
        .row("nothing", mean(baseline), 0.0)
        .row(directions + " directions of the probes", mean(amnesic), effect())
        .row(
            "%d random directions, mean of %d draws".formatted(directions, random.length),
            mean(baseline) + randomEffect(),
            randomEffect());
  }

  @Override
  public MimeBundle display() {
    return table().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "Amnesic probing at %s: metric %.4f, without %d directions %.4f, without random ones %.4f; specific effect %s"
        .formatted(
            at,
            mean(baseline),
            directions,
            mean(amnesic),
            mean(baseline) + randomEffect(),
            specific(0));
  }
}
