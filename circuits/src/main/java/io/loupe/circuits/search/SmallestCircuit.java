package io.loupe.circuits.search;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.measure.Faithfulness;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.score.EdgeScores;
import java.util.ArrayList;
import java.util.List;

/**
 * The smallest circuit of the best-scored edges that is faithful enough. Circuits grow from the
 * logits ({@link EdgeScores#greedy}), so that every edge has a way to them; edges that nothing
 * leads to are left out.
 */
public final class SmallestCircuit {
  private static final int TOGETHER = 12;

  private SmallestCircuit() {}

  /**
   * Looks for it, by a few rounds of circuits of sizes between one that is too small and one that
   * is large enough. As faithfulness need not grow with every edge, a smaller one may exist.
   *
   * @param faithfulness what it must reach, e.g. 0.8
   * @return its faithfulness, with the circuit
   * @throws IllegalArgumentException if not even all scored edges reach that
   */
  public static Faithfulness of(CircuitRunner runner, EdgeScores scores, double faithfulness) {
    int small = 0; // too few
    int large = scores.edges().length; // enough
    Faithfulness found = Faithfulness.of(runner, scores.greedy(large).pruned());
    if (found.value() < faithfulness) {
      throw new IllegalArgumentException(
          "All %d scored edges reach a faithfulness of %.3f only; got %s as the least"
              .formatted(large, found.value(), faithfulness));
    }
    while (large - small > 1) {
      List<Integer> sizes = sizes(small, large);
      List<Circuit> circuits = new ArrayList<>();
      sizes.forEach(size -> circuits.add(scores.greedy(size).pruned()));
      List<Faithfulness> tried = Faithfulness.of(runner, circuits);
      int first = 0;
      while (first < tried.size() && tried.get(first).value() < faithfulness) {
        small = sizes.get(first);
        first++;
      }
      if (first < tried.size()) {
        large = sizes.get(first);
        found = tried.get(first);
      }
    }
    return found;
  }

  /** Returns sizes between two, each about as many times the one before. */
  private static List<Integer> sizes(int small, int large) {
    List<Integer> sizes = new ArrayList<>();
    double from = Math.max(1, small);
    for (int i = 0; i < TOGETHER; i++) {
      int size = (int) Math.round(from * Math.pow(large / from, (i + 0.5) / TOGETHER));
      boolean fresh = sizes.isEmpty() || size > sizes.get(sizes.size() - 1);
      if (size > small && size < large && fresh) {
        sizes.add(size);
      }
    }
    if (sizes.isEmpty()) {
      sizes.add((small + large) / 2);
    }
    return sizes;
  }
}
