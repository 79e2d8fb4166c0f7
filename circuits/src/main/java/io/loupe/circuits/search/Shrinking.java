package io.loupe.circuits.search;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.run.CircuitRunner;
import java.util.ArrayList;
import java.util.List;

/**
 * Greedy removal: of all edges of a circuit, the one whose removal leaves the mean metric nearest
 * to the whole model's goes first, again and again. What is left is minimal: no single edge can be
 * removed without going beyond the budget. Takes a run for each edge and step, so it is for
 * circuits of some hundred edges.
 */
public final class Shrinking {
  private Shrinking() {}

  /**
   * Shrinks a circuit.
   *
   * @param budget how far the mean metric may be from the whole model's in the end, in the metric's
   *     unit
   * @throws IllegalArgumentException if the circuit is empty, of another model, or farther away
   *     already
   */
  public static SearchResult of(CircuitRunner runner, Circuit circuit, double budget) {
    runner.graph().check(circuit);
    if (circuit.size() == 0) {
      throw new IllegalArgumentException("A circuit without edges cannot shrink: " + circuit);
    }
    try (Damage damage = new Damage(runner)) {
      double current = damage.of(circuit);
      if (!(current <= budget)) {
        throw new IllegalArgumentException(
            "The circuit is %.4g from the whole model already; give a budget above that, got %s"
                .formatted(current, budget));
      }
      Circuit left = circuit.pruned();
      int decisions = 0;
      while (left.size() > 0) {
        List<Circuit> without = new ArrayList<>();
        for (int edge : left.numbers()) {
          without.add(left.without(edge));
        }
        double[] values = damage.of(without);
        int best = 0;
        for (int i = 1; i < values.length; i++) {
          best = values[i] < values[best] ? i : best;
        }
        if (!(values[best] <= budget)) {
          break;
        }
        left = without.get(best);
        current = values[best];
        decisions++;
      }
      return new SearchResult(
          left, damage.of(left), decisions, damage.runs(), "greedy removal, budget " + budget);
    }
  }
}
