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
 * The metric at each strength of an intervention, for each example, beside the metric without it.
 * Nothing is normalised: values are in the metric's unit.
 */
public final class DoseEffects implements Displayable {
  private final Plan plan;
  private final double[] coefficients;
  private final double[] baseline;
  private final List<double[]> values; // [dose][row]

  /** What was dosed. */
  record Plan(HookedTransformer model, Tokens tokens, List<String> interventions) {}

  DoseEffects(Plan plan, double[] coefficients, double[] baseline, List<double[]> values) {
    this.plan = plan;
    this.coefficients = coefficients;
    this.baseline = baseline;
    this.values = List.copyOf(values);
  }

  /** Returns how the run without a dose came about. Hashes the weights. */
  public Provenance provenance() {
    return plan.model().provenance(plan.tokens());
  }

  /** Returns the interventions of each dose, as they print. */
  public List<String> interventions() {
    return plan.interventions();
  }

  /** Returns the coefficients, ascending. */
  public double[] coefficients() {
    return coefficients.clone();
  }

  /** Returns the metric without a dose, [row]. */
  public double[] baseline() {
    return baseline.clone();
  }

  /**
   * Returns the metric at a dose, [row].
   *
   * @param dose counted over the ascending coefficients, from 0
   */
  public double[] perExample(int dose) {
    if (dose < 0 || dose >= coefficients.length) {
      throw new IllegalArgumentException(
          "There are doses 0 to %d; got %d".formatted(coefficients.length - 1, dose));
    }
    return values.get(dose).clone();
  }

  /** Returns the metric at a dose, mean over examples. */
  public double metric(int dose) {
    return Effects.mean(perExample(dose));
  }

  /** Returns the metric at a dose minus the metric without one, mean over examples. */
  public double effect(int dose) {
    return metric(dose) - Effects.mean(baseline);
  }

  /** Returns a 95 % bootstrap interval of {@link #metric} over examples. */
  public Interval interval(long seed, int dose) {
    return Bootstrap.ofMean(perExample(dose), 0.95, seed);
  }

  /**
   * Returns the least-squares slope of the mean metric over the coefficient: the metric's change
   * for each unit of it.
   */
  public double slope() {
    return Effects.mean(slopes());
  }

  /** Returns a 95 % bootstrap interval of {@link #slope} over examples. */
  public Interval slopeInterval(long seed) {
    return Bootstrap.ofMean(slopes(), 0.95, seed);
  }

  /** Returns each example's own slope, [row]; their mean is the slope of the mean. */
  public double[] slopes() {
    double center = Effects.mean(coefficients);
    double spread = Arrays.stream(coefficients).map(c -> (c - center) * (c - center)).sum();
    double[] slopes = new double[baseline.length];
    for (int i = 0; i < coefficients.length; i++) {
      double weight = (coefficients[i] - center) / spread;
      for (int row = 0; row < slopes.length; row++) {
        slopes[row] += weight * values.get(i)[row];
      }
    }
    return slopes;
  }

  /**
   * Returns how monotone the mean metric is, Kendall's tau with the coefficient: the share of pairs
   * of doses between which it rises minus the share between which it falls. 1 where it rises from
   * each dose to the next, -1 where it falls.
   */
  public double monotonicity() {
    int balance = 0;
    int pairs = 0;
    for (int low = 0; low < coefficients.length; low++) {
      for (int high = low + 1; high < coefficients.length; high++) {
        balance += (int) Math.signum(metric(high) - metric(low));
        pairs++;
      }
    }
    return balance / (double) pairs;
  }

  /** Returns the metric at each coefficient, with its 95 % bootstrap interval (seed 0). */
  public Table table() {
    Table table = Table.of("coefficient", "metric", "low", "high", "change");
    for (int dose = 0; dose < coefficients.length; dose++) {
      Interval interval = interval(0, dose);
      table =
          table.row(
              coefficients[dose], metric(dose), interval.low(), interval.high(), effect(dose));
    }
    return table;
  }

  /**
   * Draws the mean metric over the coefficient with its 95 % bootstrap band (seed 0), and the
   * metric without a dose.
   */
  public LineChart plot() {
    List<Interval> intervals =
        IntStream.range(0, coefficients.length).mapToObj(dose -> interval(0, dose)).toList();
    double[] ends = {coefficients[0], coefficients[coefficients.length - 1]};
    double without = Effects.mean(baseline);
    return Plots.lines()
        .series(
            "with the intervention",
            coefficients,
            IntStream.range(0, coefficients.length).mapToDouble(this::metric).toArray(),
            intervals.stream().mapToDouble(Interval::low).toArray(),
            intervals.stream().mapToDouble(Interval::high).toArray())
        .series("without", ends, new double[] {without, without})
        .xLabel("coefficient")
        .yLabel("metric")
        .title("Dose and response, %d examples".formatted(baseline.length));
  }

  /** Shows the chart, slope and monotonicity. */
  @Override
  public MimeBundle display() {
    return plot().display().and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "DoseEffects[%d coefficients from %.4g to %.4g, %d examples, metric without %.4f, slope %.4g %s, monotonicity %.2f]"
        .formatted(
            coefficients.length,
            coefficients[0],
            coefficients[coefficients.length - 1],
            baseline.length,
            Effects.mean(baseline),
            slope(),
            slopeInterval(0),
            monotonicity());
  }
}
