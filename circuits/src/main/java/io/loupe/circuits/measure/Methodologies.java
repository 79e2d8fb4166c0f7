package io.loupe.circuits.measure;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The faithfulness of one circuit under several methodologies, as the number hangs on them (Miller
 * et al. 2024): what cut edges carry, whether edges or whole nodes are cut, and how examples are
 * averaged. Whoever quotes a faithfulness should say which of these it is.
 */
public final class Methodologies implements Displayable {
  private final Circuit circuit;
  private final List<Row> rows;

  /** Whether edges or whole nodes are cut. */
  public enum Granularity {
    /** Every edge outside of the circuit. */
    EDGES,
    /** Every edge out of a node that has none in the circuit. */
    NODES
  }

  /**
   * One way to cut.
   *
   * @param standIn what cut edges carry
   * @param granularity what is cut
   * @param ratioOfMeans mean over examples of what is recovered, over the mean of what there is
   * @param meanOfRatios mean over examples of the share recovered
   * @param medianOfRatios median over examples of that share
   */
  public record Row(
      StandIn standIn,
      Granularity granularity,
      double ratioOfMeans,
      double meanOfRatios,
      double medianOfRatios) {}

  private Methodologies(Circuit circuit, List<Row> rows) {
    this.circuit = circuit;
    this.rows = rows;
  }

  /**
   * Runs a circuit under every kind of stand-in.
   *
   * @throws IllegalArgumentException if the circuit is empty, or prompts are padded, which a
   *     positional mean does not take
   */
  public static Methodologies of(ModelGraph graph, Examples examples, Circuit circuit) {
    return of(graph, examples, circuit, StandIn.values());
  }

  /** Runs a circuit under some kinds of stand-in. */
  public static Methodologies of(
      ModelGraph graph, Examples examples, Circuit circuit, StandIn... standIns) {
    if (circuit.size() == 0) {
      throw new IllegalArgumentException(
          "A circuit without edges has no faithfulness but 0: " + circuit);
    }
    List<Row> rows = new ArrayList<>();
    for (StandIn standIn : standIns) {
      List<Faithfulness> both =
          Faithfulness.of(
              CircuitRunner.of(graph, examples, standIn), List.of(circuit, circuit.wholeNodes()));
      for (Granularity granularity : Granularity.values()) {
        rows.add(row(standIn, granularity, both.get(granularity.ordinal())));
      }
    }
    return new Methodologies(circuit, List.copyOf(rows));
  }

  private static Row row(StandIn standIn, Granularity granularity, Faithfulness of) {
    double[] values = of.perExample();
    double[] clean = of.clean();
    double[] replaced = of.replaced();
    double[] ratios =
        IntStream.range(0, values.length)
            .filter(i -> clean[i] != replaced[i]) // nothing to recover
            .mapToDouble(i -> (values[i] - replaced[i]) / (clean[i] - replaced[i]))
            .sorted()
            .toArray();
    double median = (ratios[(ratios.length - 1) / 2] + ratios[ratios.length / 2]) / 2;
    double mean = Arrays.stream(ratios).average().orElseThrow();
    return new Row(standIn, granularity, of.value(), mean, median);
  }

  /** Returns one row for each stand-in and granularity. */
  public List<Row> rows() {
    return rows;
  }

  /** Returns how far the smallest and the largest number of the table lie apart. */
  public double spread() {
    double[] all =
        rows.stream()
            .flatMapToDouble(
                row ->
                    Arrays.stream(
                        new double[] {
                          row.ratioOfMeans(), row.meanOfRatios(), row.medianOfRatios()
                        }))
            .sorted()
            .toArray();
    return all[all.length - 1] - all[0];
  }

  /** Returns the table. */
  public Table table() {
    Table table =
        Table.of(
            "cut edges carry",
            "what is cut",
            "ratio of means",
            "mean of ratios",
            "median of ratios");
    for (Row row : rows) {
      table =
          table.row(
              row.standIn().label(),
              row.granularity().name().toLowerCase(java.util.Locale.ROOT),
              row.ratioOfMeans(),
              row.meanOfRatios(),
              row.medianOfRatios());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(table().display());
  }

  @Override
  public String toString() {
    return "Methodologies[%s: %d numbers of faithfulness, %.3f apart]"
        .formatted(circuit, 3 * rows.size(), spread());
  }
}
