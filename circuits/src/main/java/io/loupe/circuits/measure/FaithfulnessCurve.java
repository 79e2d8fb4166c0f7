package io.loupe.circuits.measure;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.score.EdgeScores;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Faithfulness of the circuits of ever more edges, the best-scored first, and two numbers of its
 * curve (Mueller et al. 2025, MIB): CPR, the area under it, which rewards circuits that are better
 * than the model; and CMD, the area between it and 1, which rewards circuits that are like it.
 * Areas are by trapezoids over the share of edges, from the first share on.
 */
public final class FaithfulnessCurve implements Displayable {
  /** The shares of edges that MIB takes. */
  private static final double[] SHARES = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};

  private final String method;
  private final double[] shares;
  private final List<Faithfulness> points;

  private FaithfulnessCurve(String method, double[] shares, List<Faithfulness> points) {
    this.method = method;
    this.shares = shares;
    this.points = points;
  }

  /** Runs the circuits of MIB's shares: 0.1 %, 0.2 %, 0.5 %, 1 %, ... 50 %, and all edges. */
  public static FaithfulnessCurve of(CircuitRunner runner, EdgeScores scores) {
    return of(runner, scores, SHARES);
  }

  /**
   * Runs the circuits of some shares.
   *
   * @param runner on other prompts than those of the scores, for an honest curve
   * @param scores of all edges
   * @param shares ascending, above 0, up to 1; of each at least one edge is taken
   * @throws IllegalArgumentException if shares are otherwise, the scores are of another model, or
   *     not of all edges
   */
  public static FaithfulnessCurve of(CircuitRunner runner, EdgeScores scores, double... shares) {
    int size = runner.graph().size();
    boolean ascending = shares.length > 1 && shares[0] > 0 && shares[shares.length - 1] <= 1;
    for (int i = 1; i < shares.length; i++) {
      ascending &= shares[i] > shares[i - 1];
    }
    if (!ascending) {
      throw new IllegalArgumentException(
          "Expected two or more ascending shares of the edges, above 0 and up to 1; got "
              + Arrays.toString(shares));
    }
    if (scores.edges().length < size) {
      throw new IllegalArgumentException(
          "A curve needs scores of all %d edges; got those of %d. attribution.exact() or an estimate scores all"
              .formatted(size, scores.edges().length));
    }
    List<Circuit> circuits = new ArrayList<>();
    for (double share : shares) {
      circuits.add(scores.top(Math.max(1, (int) (share * size))));
    }
    return new FaithfulnessCurve(
        scores.method().toString(), shares.clone(), Faithfulness.of(runner, circuits));
  }

  /** Returns the faithfulness at each share. */
  public List<Faithfulness> points() {
    return points;
  }

  /** Returns the area under the curve (CPR): higher is better. */
  public double cpr() {
    return area(points.stream().mapToDouble(Faithfulness::value).toArray(), f -> f);
  }

  /** Returns the area between the curve and 1 (CMD): 0 is best. */
  public double cmd() {
    return area(points.stream().mapToDouble(Faithfulness::value).toArray(), f -> Math.abs(1 - f));
  }

  /** Returns a 95 % bootstrap interval of {@link #cpr} over examples. */
  public Interval cprInterval(long seed) {
    return interval(f -> f, seed);
  }

  /** Returns a 95 % bootstrap interval of {@link #cmd} over examples. */
  public Interval cmdInterval(long seed) {
    return interval(f -> Math.abs(1 - f), seed);
  }

  private Interval interval(DoubleUnaryOperator height, long seed) {
    int examples = points.get(0).clean().length;
    return Bootstrap.of(
        examples,
        drawn -> area(points.stream().mapToDouble(point -> point.value(drawn)).toArray(), height),
        0.95,
        seed);
  }

  private double area(double[] values, DoubleUnaryOperator height) {
    double area = 0;
    for (int i = 1; i < shares.length; i++) {
      double both = height.applyAsDouble(values[i - 1]) + height.applyAsDouble(values[i]);
      area += (shares[i] - shares[i - 1]) * both / 2;
    }
    return area;
  }

  /** Returns each share with its faithfulness. */
  public Table table() {
    Table table = Table.of("share of edges", "edges", "faithfulness", "low", "high");
    for (int i = 0; i < shares.length; i++) {
      Faithfulness at = points.get(i);
      Interval interval = at.interval(0);
      table =
          table.row(shares[i], at.circuit().size(), at.value(), interval.low(), interval.high());
    }
    return table;
  }

  /** Draws the curve with its 95 % band, the share of edges on a logarithmic axis. */
  public LineChart plot() {
    double[] values = points.stream().mapToDouble(Faithfulness::value).toArray();
    double[] low = points.stream().mapToDouble(point -> point.interval(0).low()).toArray();
    double[] high = points.stream().mapToDouble(point -> point.interval(0).high()).toArray();
    double[] whole = new double[shares.length];
    Arrays.fill(whole, 1);
    return Plots.lines()
        .series(method, shares, values, low, high)
        .series("whole model", shares, whole)
        .logX()
        .xLabel("share of the model's edges")
        .yLabel("faithfulness")
        .title("CPR %.3f, CMD %.3f".formatted(cpr(), cmd()));
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(plot().display());
  }

  @Override
  public String toString() {
    return "FaithfulnessCurve[%s: CPR %.3f %s, CMD %.3f %s]"
        .formatted(method, cpr(), cprInterval(0), cmd(), cmdInterval(0));
  }
}
