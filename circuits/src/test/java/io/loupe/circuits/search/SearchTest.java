package io.loupe.circuits.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.measure.Faithfulness;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.score.EdgeAttribution;
import io.loupe.circuits.score.EdgeScores;
import io.loupe.circuits.testing.Compiled;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import org.junit.jupiter.api.Test;

class SearchTest {
  private static final ModelGraph GRAPH = ModelGraph.of(TinyModels.llama(LoadOptions.DOUBLE));
  private static final Examples EXAMPLES =
      Examples.of(
          new Batch(
              Tokens.of(new long[] {11, 12, 13, 14, 5}, new long[] {9, 8, 7, 6, 5}),
              Tokens.of(new long[] {11, 22, 13, 24, 5}, new long[] {9, 5, 4, 3, 5}),
              Metrics.logitDifference(7, 9)));
  private static final CircuitRunner RUNNER = CircuitRunner.of(GRAPH, EXAMPLES, StandIn.RESAMPLE);

  @Test
  void runsTogetherDecideAsRunsOneAfterTheOther() {
    for (double threshold : new double[] {3e-4, 1e-2}) {
      SearchResult result = Acdc.of(RUNNER).run(threshold);
      Circuit naive = naive(RUNNER, GRAPH.full(), threshold);
      assertThat(result.circuit()).as("threshold %s", threshold).isEqualTo(naive);
      assertThat(result.damage()).isEqualTo(damage(RUNNER, naive), within(1e-9));
    }
    CircuitRunner divergence =
        CircuitRunner.of(GRAPH, EXAMPLES.klDivergence(GRAPH.model()), StandIn.RESAMPLE);
    assertThat(Acdc.of(divergence).run(1e-5).circuit())
        .isEqualTo(naive(divergence, GRAPH.full(), 1e-5))
        .isNotEqualTo(GRAPH.full());
    Circuit part = Circuit.ofNumbers(GRAPH, 1, 5, 9, 20, 40, 41, 60, 90, 120, 150, 170, 180, 189);
    assertThat(Acdc.of(RUNNER).from(part).run(1e-3).circuit()).isEqualTo(naive(RUNNER, part, 1e-3));
  }

  /** ACDC as the paper writes it: one edge, one run. */
  private static Circuit naive(CircuitRunner runner, Circuit start, double threshold) {
    Circuit circuit = start;
    double current = damage(runner, circuit);
    for (int edge = GRAPH.size() - 1; edge >= 0; edge--) {
      if (circuit.contains(edge)) {
        double without = damage(runner, circuit.without(edge));
        if (without - current < threshold) {
          circuit = circuit.without(edge);
          current = without;
        }
      }
    }
    return circuit;
  }

  private static double damage(CircuitRunner runner, Circuit circuit) {
    CircuitRuns runs = runner.run(circuit);
    return Math.abs(runs.mean(0) - CircuitRuns.mean(runs.clean()));
  }

  @Test
  void knownCircuitsAreFound() {
    for (String name : List.of("compiled-induction", "compiled-sort", "compiled-useless-head")) {
      Compiled compiled = Compiled.of(name, 16);
      CircuitRunner runner =
          CircuitRunner.of(compiled.graph(), compiled.examples(), StandIn.RESAMPLE);
      SearchResult result = Acdc.of(runner).run(0.5);
      assertThat(result.circuit()).as(name).isEqualTo(compiled.known());
      assertThat(result.damage()).isLessThan(1e-4);
      assertThat(Shrinking.of(runner, compiled.graph().full(), 0.5).circuit())
          .as(name)
          .isEqualTo(compiled.known());
    }
  }

  @Test
  void whatIsLeftOfShrinkingIsMinimal() {
    EdgeScores exact = EdgeAttribution.of(GRAPH, EXAMPLES).exact();
    Circuit start = exact.greedy(40);
    double budget = 1.5 * damage(RUNNER, start);
    SearchResult result = Shrinking.of(RUNNER, start, budget);
    assertThat(result.damage()).isEqualTo(damage(RUNNER, result.circuit()), within(1e-9));
    assertThat(result.damage()).isLessThanOrEqualTo(budget);
    assertThat(result.circuit().size()).isBetween(1, 39);
    for (int edge : result.circuit().numbers()) {
      assertThat(damage(RUNNER, result.circuit().without(edge))).isGreaterThan(budget);
    }
  }

  @Test
  void theSmallestCircuitThatIsFaithfulEnough() {
    Compiled compiled = Compiled.of("compiled-useless-head", 16);
    CircuitRunner runner =
        CircuitRunner.of(compiled.graph(), compiled.examples(), StandIn.RESAMPLE);
    EdgeScores exact = EdgeAttribution.of(compiled.graph(), compiled.examples()).exact();
    Faithfulness smallest = SmallestCircuit.of(runner, exact, 0.99);
    assertThat(smallest.circuit()).isEqualTo(compiled.known());
    EdgeScores scores = EdgeAttribution.of(GRAPH, EXAMPLES).exact();
    Faithfulness half = SmallestCircuit.of(RUNNER, scores, 0.5);
    assertThat(half.value()).isGreaterThanOrEqualTo(0.5);
    assertThat(half.circuit().size()).isBetween(1, GRAPH.size() / 2);
  }

  @Test
  void whatCannotBeSearchedIsRefused() {
    assertThatThrownBy(() -> Acdc.of(RUNNER).run(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a threshold above 0");
    assertThatThrownBy(() -> Acdc.of(RUNNER).from(GRAPH.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Acdc.of(runner) begins with all");
    Compiled other = Compiled.of("compiled-sort", 4);
    assertThatThrownBy(() -> Acdc.of(RUNNER).from(other.known()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of another model");
    assertThatThrownBy(() -> Shrinking.of(RUNNER, GRAPH.empty(), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot shrink");
    assertThatThrownBy(() -> Shrinking.of(RUNNER, Circuit.ofNumbers(GRAPH, 3), 1e-9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("give a budget above that");
    EdgeScores few = EdgeAttribution.of(GRAPH, EXAMPLES).exact(1, 2);
    assertThatThrownBy(() -> SmallestCircuit.of(RUNNER, few, 0.9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("All 2 scored edges reach a faithfulness of");
  }
}
