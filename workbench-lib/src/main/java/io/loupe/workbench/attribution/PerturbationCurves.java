package io.loupe.workbench.attribution;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.plot.Figure;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Whether the tokens that a method ranks first matter to the model: the metric while they are
 * removed one after the other, the highest score first (deletion), and while they are given back to
 * a text of which all were removed (insertion; Petsiuk et al. 2018). A good ranking lets the
 * deletion curve fall early and the insertion curve rise early, against random orders.
 *
 * <p>Areas are means of the curve over the share of tokens removed or given back, in the metric's
 * unit: a small one is good in deletion, a large one in insertion, of a metric that is large when
 * the model does what is to be explained.
 */
public final class PerturbationCurves implements Displayable {
  private static final int GRID = 20;

  private final String method;
  private final String removal;
  private final double[][] deletion; // [row][tokens removed]
  private final double[][] insertion; // [row][tokens given back]
  private final double[][][] randomDeletion; // [order][row][tokens removed]
  private final double[][][] randomInsertion;

  private PerturbationCurves(
      String method,
      String removal,
      double[][] deletion,
      double[][] insertion,
      double[][][] randomDeletion,
      double[][][] randomInsertion) {
    this.method = method;
    this.removal = removal;
    this.deletion = deletion;
    this.insertion = insertion;
    this.randomDeletion = randomDeletion;
    this.randomInsertion = randomInsertion;
  }

  /**
   * Runs the model on every step of every curve.
   *
   * @param attribution of the same tokens
   * @param randomOrders how many random orders are drawn for each row
   * @param seed of the random orders
   */
  public static PerturbationCurves of(
      HookedTransformer model,
      Tokens tokens,
      Metric metric,
      TokenAttribution attribution,
      Removal removal,
      int randomOrders,
      long seed) {
    if (!attribution.tokens().equals(tokens)) {
      throw new IllegalArgumentException(
          "The attribution is of %s, not of these tokens, %s"
              .formatted(attribution.tokens(), tokens));
    }
    if (randomOrders < 1) {
      throw new IllegalArgumentException(
          "Curves are compared with at least one random order; got " + randomOrders);
    }
    Remover remover = new Remover(model, tokens, metric, removal);
    TokenAttribution.metric(model, tokens, metric);
    int[][] ranked = new int[tokens.batch()][];
    Arrays.setAll(ranked, attribution::ranked);
    SplittableRandom random = new SplittableRandom(seed);
    double[][][] deletions = new double[randomOrders][][];
    double[][][] insertions = new double[randomOrders][][];
    for (int order = 0; order < randomOrders; order++) {
      int[][] shuffled = shuffled(ranked, random);
      deletions[order] = curve(remover, shuffled, true);
      insertions[order] = curve(remover, shuffled, false);
    }
    return new PerturbationCurves(
        attribution.method().name(),
        removal.toString(),
        curve(remover, ranked, true),
        curve(remover, ranked, false),
        deletions,
        insertions);
  }

  private static int[][] shuffled(int[][] orders, SplittableRandom random) {
    int[][] shuffled = new int[orders.length][];
    for (int row = 0; row < orders.length; row++) {
      int[] order = orders[row].clone();
      Arrays.sort(order);
      for (int i = order.length - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        int kept = order[i];
        order[i] = order[other];
        order[other] = kept;
      }
      shuffled[row] = order;
    }
    return shuffled;
  }

  private static double[][] curve(Remover remover, int[][] orders, boolean deletion) {
    int longest = Arrays.stream(orders).mapToInt(order -> order.length).max().orElse(0);
    List<boolean[][]> sets = new ArrayList<>();
    for (int step = 0; step <= longest; step++) {
      boolean[][] removed = new boolean[orders.length][];
      for (int row = 0; row < orders.length; row++) {
        removed[row] = new boolean[orders[row].length];
        for (int i = 0; i < orders[row].length; i++) {
          removed[row][orders[row][i]] = deletion == i < step;
        }
      }
      sets.add(removed);
    }
    double[][] values = remover.metric(sets); // [step][row]
    double[][] curves = new double[orders.length][];
    for (int row = 0; row < orders.length; row++) {
      curves[row] = new double[orders[row].length + 1];
      for (int step = 0; step < curves[row].length; step++) {
        curves[row][step] = values[step][row];
      }
    }
    return curves;
  }

  /** Returns the metric after so many deletions, [row][tokens removed], from 0 to all. */
  public double[][] deletion() {
    return Arrays.stream(deletion).map(double[]::clone).toArray(double[][]::new);
  }

  /** Returns the metric after so many insertions, [row][tokens given back], from 0 to all. */
  public double[][] insertion() {
    return Arrays.stream(insertion).map(double[]::clone).toArray(double[][]::new);
  }

  /** Returns the area under each row's deletion curve, [row]. */
  public double[] deletionAreas() {
    return areas(deletion);
  }

  /** Returns the area under each row's insertion curve, [row]. */
  public double[] insertionAreas() {
    return areas(insertion);
  }

  /** Returns the area under each row's deletion curve, mean over random orders, [row]. */
  public double[] randomDeletionAreas() {
    return meanAreas(randomDeletion);
  }

  /** Returns the area under each row's insertion curve, mean over random orders, [row]. */
  public double[] randomInsertionAreas() {
    return meanAreas(randomInsertion);
  }

  private static double[] areas(double[][] curves) {
    return Arrays.stream(curves).mapToDouble(PerturbationCurves::area).toArray();
  }

  private static double[] meanAreas(double[][][] orders) {
    double[] mean = new double[orders[0].length];
    for (double[][] curves : orders) {
      double[] areas = areas(curves);
      Arrays.setAll(mean, row -> mean[row] + areas[row] / orders.length);
    }
    return mean;
  }

  /** The trapezoidal rule on [0, 1]. */
  private static double area(double[] curve) {
    double sum = 0;
    for (int i = 0; i + 1 < curve.length; i++) {
      sum += (curve[i] + curve[i + 1]) / 2;
    }
    return sum / (curve.length - 1);
  }

  /**
   * Returns the areas, mean over rows, with 95 % bootstrap intervals of what they gain on chance.
   */
  public Table table() {
    return row(
        row(
            Table.of("curve", "area", "random orders", "difference", "95 % interval"),
            "deletion",
            deletionAreas(),
            randomDeletionAreas()),
        "insertion",
        insertionAreas(),
        randomInsertionAreas());
  }

  private static Table row(Table table, String name, double[] areas, double[] random) {
    double[] difference = new double[areas.length];
    Arrays.setAll(difference, i -> areas[i] - random[i]);
    Interval interval = Bootstrap.ofMean(difference, 0.95, 1);
    return table.row(name, mean(areas), mean(random), mean(difference), interval.toString());
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  /**
   * Draws both curves, mean over rows, beside the mean of the random orders with the band of their
   * 95 % intervals over rows.
   */
  public Figure plot() {
    return Plots.grid(
        List.of(
            chart("Deletion", "share of tokens removed", deletion, randomDeletion),
            chart("Insertion", "share of tokens given back", insertion, randomInsertion)),
        2);
  }

  private LineChart chart(String title, String x, double[][] own, double[][][] orders) {
    double[] grid = new double[GRID + 1];
    Arrays.setAll(grid, i -> i / (double) GRID);
    double[] random = new double[grid.length];
    double[] low = new double[grid.length];
    double[] high = new double[grid.length];
    double[] curve = new double[grid.length];
    for (int i = 0; i < grid.length; i++) {
      double share = grid[i];
      double[] means = new double[own.length];
      for (double[][] order : orders) {
        Arrays.setAll(means, row -> means[row] + at(order[row], share) / orders.length);
      }
      Interval interval = Bootstrap.ofMean(means, 0.95, 1);
      random[i] = mean(means);
      low[i] = Math.min(random[i], interval.low());
      high[i] = Math.max(random[i], interval.high());
      curve[i] = Arrays.stream(own).mapToDouble(row -> at(row, share)).average().orElseThrow();
    }
    return Plots.lines()
        .series(method, grid, curve)
        .series("random orders", grid, random, low, high)
        .xLabel(x)
        .yLabel("metric")
        .title("%s (%s)".formatted(title, removal))
        .withSize(480, 320);
  }

  /** Reads a curve at a share of its tokens, between steps linearly. */
  private static double at(double[] curve, double share) {
    double place = share * (curve.length - 1);
    int below = (int) Math.floor(place);
    int above = Math.min(below + 1, curve.length - 1);
    return curve[below] + (place - below) * (curve[above] - curve[below]);
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }

  @Override
  public String toString() {
    return table().toString();
  }
}
