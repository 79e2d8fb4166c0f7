package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What a causal trace found: the metric of the clean run, of the noised one, and of the noised one
 * with one place restored, for each example; means over the draws of the noise. The indirect effect
 * of a place is the metric with it restored minus the metric of the noised run (Meng et al. 2022),
 * in the metric's unit.
 */
public final class TraceEffects implements Displayable {
  private final Plan plan;
  private final double[] clean;
  private final List<CellRunner.Outcome> draws;
  private final double[] noised; // [row], mean over draws
  private final int positions;

  /** What was traced. */
  record Plan(
      HookedTransformer model,
      Tokens tokens,
      Site site,
      int window,
      EmbeddingNoise noise,
      double deviations) {}

  TraceEffects(Plan plan, double[] clean, List<CellRunner.Outcome> draws) {
    this.plan = plan;
    this.clean = clean;
    this.draws = List.copyOf(draws);
    this.positions = draws.get(0).values().size() / plan.model().config().layers();
    this.noised = meanOverDraws(draws.stream().map(CellRunner.Outcome::baseline).toList());
  }

  private static double[] meanOverDraws(List<double[]> each) {
    double[] sum = new double[each.get(0).length];
    for (double[] values : each) {
      sum = Effects.plus(sum, values);
    }
    return Arrays.stream(sum).map(value -> value / each.size()).toArray();
  }

  /** Returns how the clean run came about. Hashes the weights. */
  public Provenance provenance() {
    return plan.model().provenance(plan.tokens());
  }

  public Site site() {
    return plan.site();
  }

  /** Returns the noise's standard deviation, in the embeddings' unit. */
  public double sigma() {
    return plan.noise().sigma();
  }

  /** Returns the metric of the clean run, [row]. */
  public double[] clean() {
    return clean.clone();
  }

  /** Returns the metric of the noised run, mean over draws, [row]. */
  public double[] noised() {
    return noised.clone();
  }

  /** Returns the metric of the noised run, [draw][row]. */
  public double[][] noisedByDraw() {
    return draws.stream().map(draw -> draw.baseline().clone()).toArray(double[][]::new);
  }

  /** Returns the mean over examples of the clean run's metric minus the noised run's. */
  public double totalEffect() {
    return Effects.mean(Effects.minus(clean, noised));
  }

  /** Returns a 95 % bootstrap interval of {@link #totalEffect} over examples. */
  public Interval totalInterval(long seed) {
    return Bootstrap.ofMean(Effects.minus(clean, noised), 0.95, seed);
  }

  /**
   * Returns the metric with a place restored, mean over draws, [row]; NaN where a prompt has no
   * such position.
   */
  public double[] restored(int layer, int position) {
    check(layer, position);
    int cell = layer * positions + position;
    double[] restored = meanOverDraws(draws.stream().map(draw -> draw.values().get(cell)).toList());
    for (int row = 0; row < restored.length; row++) {
      if (position >= plan.tokens().length(row)) {
        restored[row] = Double.NaN;
      }
    }
    return restored;
  }

  /**
   * Returns the indirect effect of a place on each example, [row]; NaN where a prompt has no such
   * position.
   */
  public double[] perExample(int layer, int position) {
    return Effects.minus(restored(layer, position), noised);
  }

  /** Returns the average indirect effect of a place, over the examples that have the position. */
  public double effect(int layer, int position) {
    return Effects.mean(present(perExample(layer, position)));
  }

  /** Returns a 95 % bootstrap interval of {@link #effect} over examples. */
  public Interval interval(long seed, int layer, int position) {
    return Bootstrap.ofMean(present(perExample(layer, position)), 0.95, seed);
  }

  /**
   * Returns the indirect effect of a role at a layer on each example, mean over the positions that
   * play it; examples in which none does are left out.
   */
  public double[] perExample(int layer, TraceRole role) {
    check(layer, 0);
    List<Double> effects = new ArrayList<>();
    for (int row = 0; row < clean.length; row++) {
      Span span = plan.tokens().span(row, plan.noise().span());
      int each = row;
      OptionalDouble mean =
          role.positions(span, plan.tokens().length(row))
              .mapToDouble(position -> perExample(layer, position)[each])
              .average();
      mean.ifPresent(effects::add);
    }
    return effects.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Returns the average indirect effect of a role at a layer; NaN if no position plays it. */
  public double effect(int layer, TraceRole role) {
    double[] effects = perExample(layer, role);
    return effects.length == 0 ? Double.NaN : Effects.mean(effects);
  }

  /** Returns a 95 % bootstrap interval of a role's average indirect effect over examples. */
  public Interval interval(long seed, int layer, TraceRole role) {
    return Bootstrap.ofMean(perExample(layer, role), 0.95, seed);
  }

  private static double[] present(double[] values) {
    return Arrays.stream(values).filter(value -> !Double.isNaN(value)).toArray();
  }

  private void check(int layer, int position) {
    int layers = plan.model().config().layers();
    if (layer < 0 || layer >= layers || position < 0 || position >= positions) {
      throw new IllegalArgumentException(
          "There are layers 0 to %d and positions 0 to %d; got layer %d, position %d"
              .formatted(layers - 1, positions - 1, layer, position));
    }
  }

  /**
   * Returns the average indirect effect of each role at each layer, with 95 % intervals (seed 0).
   */
  public Table table() {
    Table table = Table.of("layer", "role", "examples", "effect", "low", "high");
    for (int layer = 0; layer < plan.model().config().layers(); layer++) {
      for (TraceRole role : TraceRole.values()) {
        double[] effects = perExample(layer, role);
        if (effects.length > 0) {
          Interval interval = interval(0, layer, role);
          table =
              table.row(
                  layer,
                  role,
                  effects.length,
                  effect(layer, role),
                  interval.low(),
                  interval.high());
        }
      }
    }
    return table;
  }

  /** Draws the average indirect effect of each role (rows) at each layer (columns). */
  public Heatmap plot() {
    List<TraceRole> roles =
        Arrays.stream(TraceRole.values()).filter(role -> perExample(0, role).length > 0).toList();
    double[][] values =
        roles.stream().map(role -> byLayer(layer -> effect(layer, role))).toArray(double[][]::new);
    return drawn(values, roles.stream().map(TraceRole::toString).toList())
        .title("%s: average over %d prompts".formatted(title(), clean.length));
  }

  /**
   * Draws the indirect effect of each position of one prompt (rows) at each layer (columns); noised
   * tokens have a star.
   *
   * @param row which prompt
   */
  public Heatmap plot(int row) {
    if (row < 0 || row >= clean.length) {
      throw new IllegalArgumentException(
          "There are prompts 0 to %d; got %d".formatted(clean.length - 1, row));
    }
    int length = plan.tokens().length(row);
    double[][] values =
        IntStream.range(0, length)
            .mapToObj(position -> byLayer(layer -> perExample(layer, position)[row]))
            .toArray(double[][]::new);
    return drawn(values, labels(row)).title(title());
  }

  private double[] byLayer(IntToDoubleFunction effect) {
    return IntStream.range(0, plan.model().config().layers()).mapToDouble(effect).toArray();
  }

  private List<String> labels(int row) {
    Span span = plan.tokens().span(row, plan.noise().span());
    boolean named = plan.model().hasTokenizer();
    List<String> texts =
        named
            ? plan.model().labels(plan.tokens(), row)
            : Arrays.stream(plan.tokens().row(row)).mapToObj(Long::toString).toList();
    return IntStream.range(0, texts.size())
        .mapToObj(i -> texts.get(i) + (i >= span.start() && i < span.end() ? "*" : ""))
        .toList();
  }

  private Heatmap drawn(double[][] values, List<String> rows) {
    return Plots.heatmap(values)
        .rows(rows)
        .columns(IntStream.range(0, values[0].length).mapToObj(Integer::toString).toList())
        .diverging()
        .xLabel(plan.window() == 1 ? "restored layer" : "middle of the restored layers")
        .colorLabel("indirect effect on the metric");
  }

  private String title() {
    return "Restoring %s%s"
        .formatted(plan.site(), plan.window() == 1 ? "" : " in " + plan.window() + " layers");
  }

  /** Shows the heat map (of the prompt itself if there is only one) and both baselines. */
  @Override
  public MimeBundle display() {
    return (clean.length == 1 ? plot(0) : plot()).display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "TraceEffects[%s in windows of %d, noise %.3g (%.3g deviations of the embeddings) on '%s', %d draws, seed %d, %d examples, metric clean %.4f, noised %.4f]"
        .formatted(
            plan.site(),
            plan.window(),
            sigma(),
            plan.deviations(),
            plan.noise().span(),
            draws.size(),
            plan.noise().seed(),
            clean.length,
            Effects.mean(clean),
            Effects.mean(noised));
  }
}
