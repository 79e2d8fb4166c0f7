package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.plot.Figure;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.text.Tokens;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The effect of ablating each unit alone: the metric with the unit ablated minus the metric of the
 * whole model, in the metric's unit, so that a positive effect on a loss says that the unit helped.
 * Both baselines are there: the whole model, and the model with all these units ablated.
 */
public final class AblationEffects implements Displayable {
  private static final int MOST_BARS = 60;

  private final Plan plan;
  private final double[] baseline;
  private final double[] all;
  private final List<double[]> ablated; // [unit][row]

  /** What was ablated. */
  record Plan(HookedTransformer model, Ablation ablation, List<Unit> units, Tokens tokens) {}

  AblationEffects(Plan plan, double[] baseline, double[] all, List<double[]> ablated) {
    this.plan = plan;
    this.baseline = baseline;
    this.all = all;
    this.ablated = List.copyOf(ablated);
  }

  /** Returns how the run came about that units were ablated in. Hashes the weights. */
  public Provenance provenance() {
    return plan.model().provenance(plan.tokens());
  }

  /** Returns how units were ablated. */
  public Ablation ablation() {
    return plan.ablation();
  }

  /** Returns the gauge of the weights, on which the effects of zero ablation depend. */
  public Gauge gauge() {
    return plan.model().gauge();
  }

  /** Returns the units, in the order in which they were named. */
  public List<Unit> units() {
    return plan.units();
  }

  /** Returns the metric of the whole model, mean over examples. */
  public double baseline() {
    return Effects.mean(baseline);
  }

  /** Returns the metric of the whole model for each example. */
  public double[] baselines() {
    return baseline.clone();
  }

  /** Returns the metric with all these units ablated together, for each example. */
  public double[] allAblated() {
    return all.clone();
  }

  /** Returns a unit's effect, mean over examples. */
  public double effect(Unit unit) {
    return Effects.mean(perExample(unit));
  }

  /** Returns a head's effect, mean over examples. */
  public double effect(Head head) {
    return effect(Unit.of(head));
  }

  /** Returns a unit's effect on each example. */
  public double[] perExample(Unit unit) {
    int index = plan.units().indexOf(unit);
    if (index < 0) {
      throw new IllegalArgumentException(
          "%s was not ablated; there are %s, %s to %s"
              .formatted(
                  unit,
                  Unit.words(plan.units()),
                  plan.units().get(0),
                  plan.units().get(plan.units().size() - 1)));
    }
    return Effects.minus(ablated.get(index), baseline);
  }

  /** Returns a head's effect on each example. */
  public double[] perExample(Head head) {
    return perExample(Unit.of(head));
  }

  /** Returns a 95 % bootstrap interval of a unit's mean effect over examples. */
  public Interval interval(Unit unit, long seed) {
    return Bootstrap.ofMean(perExample(unit), 0.95, seed);
  }

  /** Returns a 95 % bootstrap interval of a head's mean effect over examples. */
  public Interval interval(Head head, long seed) {
    return interval(Unit.of(head), seed);
  }

  /**
   * Returns the mean effects of all heads, [layer][head].
   *
   * @throws IllegalArgumentException if something else than all heads was ablated
   */
  public double[][] effects() {
    if (!isAllHeads()) {
      throw new IllegalArgumentException(
          "%s were ablated, not all heads; read effect(unit), table() or plot()"
              .formatted(Unit.words(plan.units())));
    }
    double[][] effects = new double[plan.model().config().layers()][plan.model().config().heads()];
    plan.units().forEach(unit -> effects[unit.layer()][unit.index()] = effect(unit));
    return effects;
  }

  private boolean isAllHeads() {
    return plan.units().equals(Unit.all(plan.model().config(), Unit.Kind.HEAD));
  }

  /** Returns all units, the largest effect first. */
  public List<Unit> ranked() {
    return IntStream.range(0, ablated.size())
        .boxed()
        .sorted(Comparator.comparingDouble(i -> baseline() - Effects.mean(ablated.get(i))))
        .map(plan.units()::get)
        .toList();
  }

  /** Returns the units with the largest effects, the largest first. */
  public List<Unit> topUnits(int count) {
    return ranked().subList(0, Math.min(count, plan.units().size()));
  }

  /**
   * Returns the heads with the largest effects.
   *
   * @throws IllegalArgumentException if others than heads are among them
   */
  public HeadSet top(int count) {
    return HeadSet.of(topUnits(count).stream().map(Unit::head).toList());
  }

  /** Returns each unit's mean effect with its 95 % bootstrap interval (seed 0). */
  public Table table() {
    Table table = Table.of("unit", "effect", "low", "high");
    for (Unit unit : plan.units()) {
      Interval interval = interval(unit, 0);
      table = table.row(unit, effect(unit), interval.low(), interval.high());
    }
    return table;
  }

  /**
   * Draws the effects of all heads as a heat map with layers as rows, white at zero.
   *
   * @throws IllegalArgumentException if something else than all heads was ablated
   */
  public Heatmap heatmap() {
    return Plots.heatmap(effects())
        .rows(numbered("L", plan.model().config().layers()))
        .columns(numbered("H", plan.model().config().heads()))
        .diverging()
        .yLabel("layer")
        .xLabel("head")
        .colorLabel("change of the metric")
        .title(title());
  }

  private String title() {
    return "Effect of %s, each alone".formatted(plan.ablation().named(gauge()));
  }

  /**
   * Draws the effects: all heads as a heat map; other units as bars with their 95 % bootstrap
   * intervals (seed 0), the 60 with the largest effects if there are more.
   */
  public Figure plot() {
    if (isAllHeads()) {
      return heatmap();
    }
    List<Unit> shown = plan.units().size() <= MOST_BARS ? plan.units() : topUnits(MOST_BARS);
    List<Interval> intervals = shown.stream().map(unit -> interval(unit, 0)).toList();
    return Plots.bars(shown.stream().map(Unit::toString).toList())
        .series(
            "effect",
            shown.stream().mapToDouble(this::effect).toArray(),
            intervals.stream().mapToDouble(Interval::low).toArray(),
            intervals.stream().mapToDouble(Interval::high).toArray())
        .yLabel("change of the metric")
        .title(title());
  }

  private static List<String> numbered(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }

  /** Shows the figure and both baselines. */
  @Override
  public MimeBundle display() {
    return plot().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    Unit largest = ranked().get(0);
    return "Effects of %s of %s, each alone, on %d examples: metric of the whole model %.4f, with all of them ablated %.4f; largest: %s, %+.4f"
        .formatted(
            plan.ablation().named(gauge()),
            Unit.words(plan.units()),
            baseline.length,
            baseline(),
            Effects.mean(all),
            largest,
            effect(largest));
  }
}
