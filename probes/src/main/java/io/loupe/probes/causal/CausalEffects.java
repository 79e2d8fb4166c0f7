package io.loupe.probes.causal;

import io.loupe.probes.data.Spot;
import io.loupe.probes.sweep.ProbeResults;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.steering.SteeringVector;
import io.loupe.workbench.sweep.DoseEffects;
import io.loupe.workbench.sweep.DoseResponse;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a metric does when each place's probe direction is added, subtracted or taken out, beside
 * the probe's score, and beside random directions of the same length. A probe may read what the
 * model does not use: then the score is high and the effect that of a random direction. Effects are
 * in the metric's unit; nothing is normalised. Immutable.
 */
public final class CausalEffects implements Displayable {
  private final String label;
  private final double[] baseline;
  private final List<Place> places;

  /**
   * What one place's direction does.
   *
   * @param direction the direction
   * @param added the metric with the direction added once, [row]
   * @param subtracted the metric with it subtracted once, [row]
   * @param removed the metric with it projected out, [row]
   * @param randomAdded the metric with a random vector of that length added, [control][row]
   * @param randomRemoved the metric with a random direction projected out, [control][row]
   */
  public record Place(
      ProbeDirection direction,
      double[] added,
      double[] subtracted,
      double[] removed,
      double[][] randomAdded,
      double[][] randomRemoved) {}

  private CausalEffects(String label, double[] baseline, List<Place> places) {
    this.label = label;
    this.baseline = baseline;
    this.places = List.copyOf(places);
  }

  /**
   * Runs prompts with the direction of each place of the sweep's first pooling.
   *
   * @param results of linear probes on this model
   * @param label of the class, tag or number whose direction is used
   * @param tokens prompts of the metric; other ones than the probes were trained on
   * @param slice which positions are changed, e.g. {@code Slice.ALL}
   * @param controls how many random directions, at least 1
   */
  public static CausalEffects of(
      HookedTransformer model,
      ProbeResults results,
      String label,
      Tokens tokens,
      Metric metric,
      Slice slice,
      int controls,
      long seed) {
    if (controls < 1) {
      throw new IllegalArgumentException(
          "A claim about a direction needs at least one random one beside it; got " + controls);
    }
    List<ProbeDirection> directions =
        results.spots().stream()
            .filter(spot -> spot.pooling().equals(results.spots().get(0).pooling()))
            .map(spot -> ProbeDirection.of(results, spot, label))
            .toList();
    List<Place> places = new ArrayList<>();
    double[] baseline = new double[0];
    for (ProbeDirection direction : directions) {
      SteeringVector own = direction.vector();
      List<SteeringVector> random =
          IntStream.range(0, controls)
              .mapToObj(control -> SteeringVector.random(own, seed + control))
              .toList();
      DoseResponse response = DoseResponse.of(model, tokens, metric);
      DoseEffects steered = response.over(new double[] {-1, 1}, c -> own.add(c, slice));
      double[] numbers = IntStream.range(0, controls).asDoubleStream().toArray();
      DoseEffects randomly =
          response.over(numbers, control -> random.get((int) control).add(1, slice));
      DoseEffects removed =
          response.over(
              IntStream.rangeClosed(0, controls).asDoubleStream().toArray(),
              c -> (c == 0 ? own : random.get((int) c - 1)).projectOut(slice));
      baseline = steered.baseline();
      places.add(
          new Place(
              direction,
              steered.perExample(1),
              steered.perExample(0),
              removed.perExample(0),
              perExample(randomly, 0, controls),
              perExample(removed, 1, controls + 1)));
    }
    return new CausalEffects(label, baseline, places);
  }

  private static double[][] perExample(DoseEffects effects, int from, int to) {
    return IntStream.range(from, to).mapToObj(effects::perExample).toArray(double[][]::new);
  }

  /** Returns the metric without an intervention, [row]. */
  public double[] baseline() {
    return baseline.clone();
  }

  /** Returns all places, in the sweep's order. */
  public List<Place> places() {
    return places;
  }

  /** Returns the place of a spot. */
  public Place at(Spot spot) {
    return places.stream()
        .filter(place -> place.direction().spot().equals(spot))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "No direction was used at %s; there are %s"
                        .formatted(spot, places.stream().map(p -> p.direction().spot()).toList())));
  }

  /** Returns how much a metric rises above the baseline, mean over examples. */
  public double effect(double[] metric) {
    return mean(differences(metric));
  }

  /** Returns the mean size of the effects of random controls, sign left out. */
  public double randomEffect(double[][] controls) {
    return Arrays.stream(controls)
        .mapToDouble(own -> Math.abs(effect(own)))
        .average()
        .orElseThrow();
  }

  /** Returns a 95 % bootstrap interval of {@link #effect} over examples. */
  public Interval interval(double[] metric, long seed) {
    return Bootstrap.ofMean(differences(metric), 0.95, seed);
  }

  private double[] differences(double[] metric) {
    return IntStream.range(0, metric.length).mapToDouble(i -> metric[i] - baseline[i]).toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  /** Returns each place's probe score and effects. */
  public Table table() {
    Table table =
        Table.of(
            "place",
            "score",
            "selectivity",
            "added",
            "subtracted",
            "|random| added",
            "removed",
            "|random| removed");
    for (Place place : places) {
      table =
          table.row(
              place.direction().spot(),
              place.direction().score(),
              place.direction().selectivity(),
              effect(place.added()),
              effect(place.subtracted()),
              randomEffect(place.randomAdded()),
              effect(place.removed()),
              randomEffect(place.randomRemoved()));
    }
    return table;
  }

  /** Draws the effects over places with 95 % bootstrap bands over examples (seed 0). */
  public LineChart plot() {
    LineChart chart = Plots.lines();
    chart = band(chart, "added", places.stream().map(Place::added).toList());
    chart = band(chart, "subtracted", places.stream().map(Place::subtracted).toList());
    chart = band(chart, "removed", places.stream().map(Place::removed).toList());
    double[] random = places.stream().mapToDouble(p -> randomEffect(p.randomAdded())).toArray();
    return chart
        .series("random added, size", random)
        .xLabel("place, in the order of the sweep")
        .yLabel("change of the metric")
        .title("What the direction of '%s' does, %d prompts".formatted(label, baseline.length));
  }

  private LineChart band(LineChart chart, String name, List<double[]> metrics) {
    double[] x = IntStream.range(0, metrics.size()).asDoubleStream().toArray();
    List<Interval> intervals = metrics.stream().map(own -> interval(own, 0)).toList();
    return chart.series(
        name,
        x,
        metrics.stream().mapToDouble(this::effect).toArray(),
        intervals.stream().mapToDouble(Interval::low).toArray(),
        intervals.stream().mapToDouble(Interval::high).toArray());
  }

  @Override
  public MimeBundle display() {
    return plot().display().and(table().display()).and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "Causal effects of '%s' at %d places on %d prompts, metric without %.4f"
        .formatted(label, places.size(), baseline.length, mean(baseline));
  }
}
