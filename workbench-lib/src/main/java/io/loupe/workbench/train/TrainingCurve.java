package io.loupe.workbench.train;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How training went. Losses are those of each step's batch, before its update.
 *
 * @param losses name to the loss at each step; immutable
 * @param gradientNorms of all parameters together at each step, before clipping
 * @param options what it was trained with
 */
public record TrainingCurve(
    Map<String, List<Double>> losses, List<Double> gradientNorms, TrainingOptions options)
    implements Displayable {
  public TrainingCurve {
    Map<String, List<Double>> copy = new LinkedHashMap<>();
    losses.forEach((name, values) -> copy.put(name, List.copyOf(values)));
    losses = Collections.unmodifiableMap(copy);
    gradientNorms = List.copyOf(gradientNorms);
  }

  /** Returns the sum of all losses at each step. */
  public double[] total() {
    double[] total = new double[gradientNorms.size()];
    losses.values().forEach(values -> addTo(total, values));
    return total;
  }

  private static void addTo(double[] total, List<Double> values) {
    for (int step = 0; step < total.length; step++) {
      total[step] += values.get(step);
    }
  }

  /** Draws the losses against the step, each a mean over at most a hundredth of the steps. */
  public LineChart plot() {
    int steps = gradientNorms.size();
    int width = Math.max(1, steps / 100);
    LineChart chart =
        Plots.lines()
            .xLabel("step")
            .yLabel("loss of the batch")
            .title(width == 1 ? "Training" : "Training, means over %d steps".formatted(width));
    for (Map.Entry<String, List<Double>> loss : losses.entrySet()) {
      List<Double> x = new ArrayList<>();
      List<Double> y = new ArrayList<>();
      for (int from = 0; from < steps; from += width) {
        int to = Math.min(steps, from + width);
        x.add((from + to - 1) / 2.0);
        y.add(
            loss.getValue().subList(from, to).stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElseThrow());
      }
      chart = chart.series(loss.getKey(), doubles(x), doubles(y));
    }
    return chart;
  }

  private static double[] doubles(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  @Override
  public MimeBundle display() {
    return plot().display();
  }
}
