package io.loupe.circuits.run;

import io.loupe.circuits.graph.Circuit;
import java.util.Arrays;
import java.util.List;

/**
 * The metric of circuits on each example, with both baselines.
 *
 * @param standIn what cut edges carried
 * @param circuits those that were run
 * @param values the metric of each, [circuit][example]
 * @param clean of the whole model, [example]
 * @param replaced with every edge cut, [example]
 */
public record CircuitRuns(
    StandIn standIn, List<Circuit> circuits, double[][] values, double[] clean, double[] replaced) {
  public CircuitRuns {
    circuits = List.copyOf(circuits);
  }

  /** Returns the metric of a circuit that was run, [example]. */
  public double[] of(int circuit) {
    return values[circuit].clone();
  }

  /** Returns the mean metric of a circuit that was run. */
  public double mean(int circuit) {
    return mean(values[circuit]);
  }

  /** Returns the mean of values. */
  public static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }
}
