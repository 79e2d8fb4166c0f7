package io.loupe.workbench.laboratory;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.stats.Interval;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Metrics against the step of training.
 *
 * @param curves name to its points, ascending by step; immutable
 */
public record CheckpointCurve(Map<String, List<Point>> curves) implements Displayable {
  /**
   * A metric at one checkpoint.
   *
   * @param step how many steps were done
   * @param mean over the examples
   * @param interval of the mean, 95 %, over the examples
   * @param values one for each example
   */
  public record Point(int step, double mean, Interval interval, List<Double> values) {
    public Point {
      values = List.copyOf(values);
    }
  }

  public CheckpointCurve {
    Map<String, List<Point>> copy = new LinkedHashMap<>();
    curves.forEach((name, points) -> copy.put(name, List.copyOf(points)));
    curves = Collections.unmodifiableMap(copy);
  }

  /**
   * Returns these curves and others as one.
   *
   * @throws IllegalArgumentException if they share a name
   */
  public CheckpointCurve with(CheckpointCurve other) {
    Map<String, List<Point>> all = new LinkedHashMap<>(curves);
    other.curves.forEach(
        (name, points) -> {
          if (all.putIfAbsent(name, points) != null) {
            throw new IllegalArgumentException("There is a curve '%s' already".formatted(name));
          }
        });
    return new CheckpointCurve(all);
  }

  /**
   * Returns the points of a curve.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public List<Point> of(String name) {
    List<Point> points = curves.get(name);
    if (points == null) {
      throw new IllegalArgumentException(
          "There is no curve '%s'; there are %s".formatted(name, curves.keySet()));
    }
    return points;
  }

  /** Draws the means with their intervals. */
  public LineChart plot() {
    LineChart chart = Plots.lines().xLabel("step").title("Over training");
    for (Map.Entry<String, List<Point>> curve : curves.entrySet()) {
      List<Point> points = curve.getValue();
      double[] steps = column(points, Point::step);
      double[] means = column(points, Point::mean);
      chart =
          points.stream().allMatch(point -> point.values().size() == 1)
              ? chart.series(curve.getKey(), steps, means)
              : chart.series(
                  curve.getKey(),
                  steps,
                  means,
                  column(points, point -> point.interval().low()),
                  column(points, point -> point.interval().high()));
    }
    return chart.yLabel(curves.size() == 1 ? curves.keySet().iterator().next() : "mean");
  }

  private static double[] column(List<Point> points, ToDoubleFunction<Point> value) {
    return points.stream().mapToDouble(value).toArray();
  }

  /** Returns the means as a table. */
  public Table table() {
    Table table = Table.of("curve", "step", "mean", "low", "high");
    for (Map.Entry<String, List<Point>> curve : curves.entrySet()) {
      for (Point point : curve.getValue()) {
        table =
            table.row(
                curve.getKey(),
                point.step(),
                point.mean(),
                point.interval().low(),
                point.interval().high());
      }
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }
}
