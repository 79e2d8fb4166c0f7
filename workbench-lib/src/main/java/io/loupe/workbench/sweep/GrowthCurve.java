package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The metric with the k best units of a ranking ablated or patched, for growing k, beside k random
 * ones, for each example. Nothing is normalised: values are in the metric's unit.
 */
public final class GrowthCurve implements Displayable {
  private final Plan plan;
  private final double[] baseline;
  private final double[][] top; // [size][row]
  private final List<double[][]> random; // [draw] of [size][row]

  /** What grew. */
  record Plan(
      HookedTransformer model,
      Tokens tokens,
      String what,
      List<Unit> ranked,
      List<Integer> sizes,
      long seed) {}

  GrowthCurve(Plan plan, double[] baseline, double[][] top, List<double[][]> random) {
    this.plan = plan;
    this.baseline = baseline;
    this.top = top;
    this.random = List.copyOf(random);
  }

  /** Returns how the run came about that is ablated or patched. Hashes the weights. */
  public Provenance provenance() {
    return plan.model().provenance(plan.tokens());
  }

  /** Returns the ranking. */
  public List<Unit> ranked() {
    return plan.ranked();
  }

  /** Returns the sizes of the sets, ascending. */
  public List<Integer> sizes() {
    return plan.sizes();
  }

  /** Returns the number of random orders. */
  public int draws() {
    return random.size();
  }

  /** Returns the metric with nothing ablated or patched, [row]. */
  public double[] baseline() {
    return baseline.clone();
  }

  /** Returns the metric with the best so many units, [row]. */
  public double[] topPerExample(int size) {
    return top[index(size)].clone();
  }

  /** Returns the metric with so many units of a random order, [row]. */
  public double[] randomPerExample(int draw, int size) {
    if (draw < 0 || draw >= random.size()) {
      throw new IllegalArgumentException(
          "There are random orders 0 to %d; got %d".formatted(random.size() - 1, draw));
    }
    return random.get(draw)[index(size)].clone();
  }

  /** Returns the metric with the best so many units, mean over examples. */
  public double top(int size) {
    return Effects.mean(topPerExample(size));
  }

  /** Returns a 95 % bootstrap interval of {@link #top} over examples. */
  public Interval interval(long seed, int size) {
    return Bootstrap.ofMean(topPerExample(size), 0.95, seed);
  }

  /** Returns the metric with so many random units, mean over examples, one for each order. */
  public double[] random(int size) {
    return random.stream().mapToDouble(curve -> Effects.mean(curve[index(size)])).toArray();
  }

  private int index(int size) {
    int index = plan.sizes().indexOf(size);
    if (index < 0) {
      throw new IllegalArgumentException(
          "Sets of %d units were not measured; there are sizes %s".formatted(size, plan.sizes()));
    }
    return index;
  }

  /**
   * Returns the area between the curve of the best units and the mean random curve, over the share
   * of units from the smallest size to the largest: in the metric's unit, positive where the best
   * units' metric is the larger. (Ablating units that a high metric needs gives a negative area.)
   */
  public double area() {
    return Effects.mean(areas());
  }

  /** Returns a 95 % bootstrap interval of {@link #area} over examples. */
  public Interval areaInterval(long seed) {
    return Bootstrap.ofMean(areas(), 0.95, seed);
  }

  /**
   * Returns how likely a random order is to lie at least as far from the mean random curve, on
   * either side, counted with the ranking itself: (1 + those that do) / (1 + orders).
   */
  public double pValue() {
    double mean = meanRandomArea();
    double own = Math.abs(Effects.mean(areas(top)) - mean);
    long asFar =
        random.stream().filter(c -> Math.abs(Effects.mean(areas(c)) - mean) >= own).count();
    return (1.0 + asFar) / (1.0 + random.size());
  }

  private double meanRandomArea() {
    return random.stream().mapToDouble(curve -> Effects.mean(areas(curve))).average().orElseThrow();
  }

  /** Returns the area between the curves on each example, [row]. */
  public double[] areas() {
    double[] mean = new double[baseline.length];
    for (double[][] curve : random) {
      mean = Effects.plus(mean, areas(curve));
    }
    double[] averaged = Arrays.stream(mean).map(area -> area / random.size()).toArray();
    return Effects.minus(areas(top), averaged);
  }

  /** Returns the area below a curve on each example, by trapezoids over the share of units. */
  private double[] areas(double[][] curve) {
    double[] areas = new double[baseline.length];
    for (int i = 1; i < curve.length; i++) {
      double width = (plan.sizes().get(i) - plan.sizes().get(i - 1)) / (double) ranked().size();
      for (int row = 0; row < areas.length; row++) {
        areas[row] += width * (curve[i][row] + curve[i - 1][row]) / 2;
      }
    }
    return areas;
  }

  /** Returns for each size the metric of the best units, with its interval, and of random ones. */
  public Table table() {
    Table table = Table.of("units", "best", "low", "high", "random mean", "least", "most");
    for (int size : plan.sizes()) {
      Interval interval = interval(0, size);
      double[] drawn = random(size);
      table =
          table.row(
              size,
              top(size),
              interval.low(),
              interval.high(),
              Effects.mean(drawn),
              Arrays.stream(drawn).min().orElseThrow(),
              Arrays.stream(drawn).max().orElseThrow());
    }
    return table;
  }

  /**
   * Draws both curves over the size of the set: the best units with a 95 % bootstrap band over
   * examples (seed 0), the mean of the random orders with a band from the least to the most of
   * them.
   */
  public LineChart plot() {
    double[] x = plan.sizes().stream().mapToDouble(Integer::doubleValue).toArray();
    List<Interval> intervals = plan.sizes().stream().map(size -> interval(0, size)).toList();
    List<double[]> drawn = plan.sizes().stream().map(this::random).toList();
    return Plots.lines()
        .series(
            "best by the score",
            x,
            IntStream.range(0, x.length).mapToDouble(i -> Effects.mean(top[i])).toArray(),
            intervals.stream().mapToDouble(Interval::low).toArray(),
            intervals.stream().mapToDouble(Interval::high).toArray())
        .series(
            random.size() + " random orders",
            x,
            drawn.stream().mapToDouble(Effects::mean).toArray(),
            drawn.stream().mapToDouble(v -> Arrays.stream(v).min().orElseThrow()).toArray(),
            drawn.stream().mapToDouble(v -> Arrays.stream(v).max().orElseThrow()).toArray())
        .xLabel("size of the set")
        .yLabel("metric")
        .title("Growing set, %s, %d examples".formatted(plan.what(), baseline.length));
  }

  /** Shows the chart and the area between the curves. */
  @Override
  public MimeBundle display() {
    return plot().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "GrowthCurve[%s of up to %d of %s, %d examples, baseline %.4f, area between best and random %.4f %s, p = %.3f, %d random orders, seed %d]"
        .formatted(
            plan.what(),
            plan.sizes().get(plan.sizes().size() - 1),
            Unit.words(plan.ranked()),
            baseline.length,
            Effects.mean(baseline),
            area(),
            areaInterval(0),
            pValue(),
            random.size(),
            plan.seed());
  }
}
