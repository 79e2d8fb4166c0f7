package io.loupe.circuits.search;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.CircuitRunner;
import java.util.ArrayList;
import java.util.List;

/**
 * Automatic circuit discovery (Conmy et al. 2023, ACDC): from the logits back to the embeddings,
 * each edge is removed for good if that moves the mean metric away from the whole model's by less
 * than a threshold. With the metric of {@code examples.klDivergence(model)} that is the paper's
 * search; with any other, its distance from the clean run's mean is what may grow.
 *
 * <p>Every decision is that of the search one edge after the other, but runs are made together: as
 * most edges are removed, the circuits without the next one, two, three, ... edges go through the
 * model in one pass, up to the first that is too far away. Edges into nodes that no edge leads out
 * of are removed without a run.
 */
public final class Acdc {
  private static final int FIRST = 8;
  private static final int MOST = 64;

  private final CircuitRunner runner;
  private final Circuit start;

  private Acdc(CircuitRunner runner, Circuit start) {
    this.runner = runner;
    this.start = start;
  }

  /** Searches among all edges of the model. */
  public static Acdc of(CircuitRunner runner) {
    return new Acdc(runner, runner.graph().full());
  }

  /**
   * Searches among the edges of a circuit alone, e.g. those that an estimate ranked first.
   *
   * @throws IllegalArgumentException if it is empty or of another model
   */
  public Acdc from(Circuit circuit) {
    runner.graph().check(circuit);
    if (circuit.size() == 0) {
      throw new IllegalArgumentException(
          "There is nothing to search in a circuit without edges; Acdc.of(runner) begins with all");
    }
    return new Acdc(runner, circuit);
  }

  /**
   * Searches.
   *
   * @param threshold by how much the removal of one edge may move the metric, in its unit; above 0
   */
  public SearchResult run(double threshold) {
    if (!(threshold > 0)) {
      throw new IllegalArgumentException(
          "Expected a threshold above 0, in the metric's unit; got " + threshold);
    }
    try (Damage damage = new Damage(runner)) {
      return run(threshold, damage);
    }
  }

  private SearchResult run(double threshold, Damage damage) {
    Circuit circuit = start;
    double current = damage.of(circuit);
    int next = runner.graph().size() - 1; // the last edge that was not decided yet
    int together = FIRST;
    int decisions = 0;
    while (true) {
      List<Integer> edges = new ArrayList<>();
      List<Circuit> ahead = new ArrayList<>();
      Circuit left = circuit;
      int edge = next;
      while (edge >= 0 && edges.size() < together) {
        if (left.contains(edge)) {
          left = left.without(edge);
          if (isRead(left, edge)) {
            edges.add(edge);
            ahead.add(left);
          }
        }
        edge--;
      }
      if (edges.isEmpty()) {
        return new SearchResult(
            left, current, decisions, damage.runs(), "ACDC, threshold " + threshold);
      }
      double[] values = damage.of(ahead);
      int removed = 0;
      while (removed < values.length && values[removed] - current < threshold) {
        current = values[removed];
        circuit = ahead.get(removed);
        removed++;
      }
      decisions += removed;
      if (removed == values.length) {
        next = edge;
        circuit = left;
        together = Math.min(MOST, 2 * together);
      } else {
        // the first that was too far away is kept; those that nobody reads before it went with it
        int kept = edges.get(removed);
        circuit = ahead.get(removed).plus(runner.graph().edge(kept));
        decisions++;
        next = kept - 1;
        together = Math.max(2, Math.min(MOST, 2 * (removed + 1)));
      }
    }
  }

  /** Tells whether what an edge leads to is read by an edge of the circuit. */
  private boolean isRead(Circuit circuit, int edge) {
    ModelGraph graph = runner.graph();
    int input = graph.inputOf(edge);
    List<Integer> fed = graph.feeds(input);
    return fed.isEmpty() || fed.stream().anyMatch(circuit::leavesNode);
  }
}
