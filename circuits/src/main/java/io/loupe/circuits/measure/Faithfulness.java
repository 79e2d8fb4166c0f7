package io.loupe.circuits.measure;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.run.Baselines;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.circuits.run.StandIn;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The share of what a model does that a circuit does: the metric of the circuit above that of the
 * model without edges, over the same of the whole model, both means over examples (Wang et al.
 * 2022; Mueller et al. 2025, MIB). 1 for a circuit that does as well as the model, above 1 for one
 * that does better, 0 for one that does nothing.
 */
public final class Faithfulness implements Displayable {
  private final Circuit circuit;
  private final StandIn standIn;
  private final double[] values;
  private final double[] clean;
  private final double[] replaced;

  private Faithfulness(
      Circuit circuit, StandIn standIn, double[] values, double[] clean, double[] replaced) {
    Baselines.gap(clean, replaced);
    this.circuit = circuit;
    this.standIn = standIn;
    this.values = values;
    this.clean = clean;
    this.replaced = replaced;
  }

  /**
   * Runs a circuit.
   *
   * @throws IllegalArgumentException if it is of another model, or the metric is the same with and
   *     without edges
   */
  public static Faithfulness of(CircuitRunner runner, Circuit circuit) {
    return of(runner, List.of(circuit)).get(0);
  }

  /** Runs circuits together, as {@link #of(CircuitRunner, Circuit)} does each. */
  public static List<Faithfulness> of(CircuitRunner runner, List<Circuit> circuits) {
    CircuitRuns runs = runner.run(circuits);
    return IntStream.range(0, circuits.size())
        .mapToObj(
            i ->
                new Faithfulness(
                    circuits.get(i), runs.standIn(), runs.of(i), runs.clean(), runs.replaced()))
        .toList();
  }

  public Circuit circuit() {
    return circuit;
  }

  /** Returns the metric of the circuit, [example]. */
  public double[] perExample() {
    return values.clone();
  }

  /** Returns the metric of the whole model, [example]. */
  public double[] clean() {
    return clean.clone();
  }

  /** Returns the metric without edges, [example]. */
  public double[] replaced() {
    return replaced.clone();
  }

  /** Returns the faithfulness. */
  public double value() {
    double without = CircuitRuns.mean(replaced);
    return (CircuitRuns.mean(values) - without) / (CircuitRuns.mean(clean) - without);
  }

  /** Returns the faithfulness over examples that were drawn, by their indices. */
  public double value(int[] drawn) {
    double above = 0;
    double gap = 0;
    for (int row : drawn) {
      above += values[row] - replaced[row];
      gap += clean[row] - replaced[row];
    }
    return above / gap;
  }

  /** Returns a 95 % bootstrap interval over examples. */
  public Interval interval(long seed) {
    return Bootstrap.of(values.length, this::value, 0.95, seed);
  }

  @Override
  public MimeBundle display() {
    return Table.of("of the circuit", "")
        .row("edges", circuit.size())
        .row("share of the model's edges", circuit.share())
        .row("cut edges carry", standIn.label())
        .row("metric of the model", CircuitRuns.mean(clean))
        .row("metric without edges", CircuitRuns.mean(replaced))
        .row("metric of the circuit", CircuitRuns.mean(values))
        .row("faithfulness", value())
        .row("its 95 %% interval over %d examples".formatted(values.length), interval(0))
        .display();
  }

  @Override
  public String toString() {
    return "Faithfulness[%.3f %s of %s, cut edges carry %s, %d examples]"
        .formatted(value(), interval(0), circuit, standIn.label(), values.length);
  }
}
