package io.loupe.circuits.search;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import java.util.List;

/** How far the mean metric of circuits is from that of the whole model, in the metric's unit. */
final class Damage implements AutoCloseable {
  private final CircuitRunner.Held held;
  private final ModelGraph graph;
  private final double whole;
  private int runs;

  Damage(CircuitRunner runner) {
    this.held = runner.hold();
    this.graph = runner.graph();
    this.whole = CircuitRuns.mean(held.clean());
  }

  double[] of(List<Circuit> circuits) {
    runs += circuits.size();
    double[][] values = held.metric(circuits);
    double[] damage = new double[values.length];
    for (int i = 0; i < damage.length; i++) {
      damage[i] = Math.abs(CircuitRuns.mean(values[i]) - whole);
    }
    return damage;
  }

  double of(Circuit circuit) {
    return of(List.of(circuit))[0];
  }

  ModelGraph graph() {
    return graph;
  }

  int runs() {
    return runs;
  }

  @Override
  public void close() {
    held.close();
  }
}
