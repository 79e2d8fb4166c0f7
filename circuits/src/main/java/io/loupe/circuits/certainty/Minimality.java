package io.loupe.circuits.certainty;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.Edge;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Whether a circuit needs each of its edges (Shi et al. 2024, minimality): by how much the mean
 * metric moves when the edge is taken out, beside what edges from outside move it that are put in.
 * The p-value of an edge is the share of such outside edges that move it as far; p-values are
 * corrected for the number of edges by the false discovery rate (Benjamini and Hochberg).
 */
public final class Minimality implements Displayable {
  private static final int SHOWN = 20;

  private final Circuit circuit;
  private final List<Row> rows;
  private final int outside;

  /**
   * An edge of the circuit.
   *
   * @param edge the edge
   * @param effect mean metric without it minus that of the circuit
   * @param p that an edge from outside would move the metric as far, corrected
   */
  public record Row(Edge edge, double effect, double p) {}

  private Minimality(Circuit circuit, List<Row> rows, int outside) {
    this.circuit = circuit;
    this.rows = rows;
    this.outside = outside;
  }

  /**
   * Takes each edge out, and puts edges from outside in: of those that lead from a node that the
   * circuit reaches to one that it reads, as others cannot do anything.
   *
   * @param outside how many edges from outside, 19 or more for a p-value of 5 %; all if there are
   *     no more
   * @throws IllegalArgumentException if the circuit is empty, of another model, or there are fewer
   *     than 19 edges outside
   */
  public static Minimality of(CircuitRunner runner, Circuit circuit, int outside, long seed) {
    ModelGraph graph = runner.graph();
    graph.check(circuit);
    if (circuit.size() == 0) {
      throw new IllegalArgumentException("A circuit without edges needs none: " + circuit);
    }
    List<Integer> live = new ArrayList<>();
    for (int edge : circuit.complement().numbers()) {
      Circuit more = circuit.plus(graph.edge(edge));
      if (more.pruned().contains(edge)) {
        live.add(edge);
      }
    }
    if (Math.min(live.size(), outside) < 19) {
      throw new IllegalArgumentException(
          "At least 19 edges from outside are needed for a p-value of 5 %%; asked for %d, and %d lead from a node of %s to another"
              .formatted(outside, live.size(), circuit));
    }
    Collections.shuffle(live, new Random(seed));
    List<Integer> added = live.subList(0, Math.min(outside, live.size()));
    List<Circuit> circuits = new ArrayList<>();
    circuits.add(circuit);
    int[] own = circuit.numbers();
    for (int edge : own) {
      circuits.add(circuit.without(edge));
    }
    added.forEach(edge -> circuits.add(circuit.plus(graph.edge(edge))));
    CircuitRuns runs = runner.run(circuits);
    double whole = runs.mean(0);
    double[] chance =
        IntStream.range(0, added.size())
            .mapToDouble(i -> Math.abs(runs.mean(1 + own.length + i) - whole))
            .toArray();
    double[] p = new double[own.length];
    for (int i = 0; i < own.length; i++) {
      double effect = Math.abs(runs.mean(1 + i) - whole);
      int asFar = 1;
      for (double other : chance) {
        asFar += other >= effect ? 1 : 0;
      }
      p[i] = asFar / (chance.length + 1.0);
    }
    double[] corrected = MultipleTests.benjaminiHochberg(p);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < own.length; i++) {
      rows.add(new Row(graph.edge(own[i]), runs.mean(1 + i) - whole, corrected[i]));
    }
    rows.sort(Comparator.comparingDouble((Row row) -> -Math.abs(row.effect())));
    return new Minimality(circuit, List.copyOf(rows), added.size());
  }

  /** Returns the edges, the largest effect first. */
  public List<Row> rows() {
    return rows;
  }

  /** Returns the edges whose corrected p-value is above a level: those that may be chance. */
  public Circuit unneeded(double level) {
    return Circuit.of(
        circuit.graph(), rows.stream().filter(row -> row.p() > level).map(Row::edge).toList());
  }

  /** Returns the edges with the largest effects. */
  public Table table() {
    Table table = Table.of("from", "to", "effect of taking it out", "p (FDR)");
    for (Row row : rows.subList(0, Math.min(SHOWN, rows.size()))) {
      table =
          table.row(
              row.edge().from().toString(), row.edge().to().toString(), row.effect(), row.p());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(table().display());
  }

  @Override
  public String toString() {
    return "Minimality[%s: %d of %d edges move the metric no farther than %d edges from outside do (p > 0.05)]"
        .formatted(circuit, unneeded(0.05).size(), rows.size(), outside);
  }
}
