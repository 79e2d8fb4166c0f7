package io.loupe.circuits.run;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs circuits: edges in a circuit carry what their node writes in this run, every other edge what
 * stands in for it. No edges give the run of the stand-ins alone (the corrupted one, for resample
 * ablation), all edges the clean one.
 *
 * <p>Circuits of one call go through the model together, each in a copy of the batch, from the
 * first layer on in which one of them differs from the model. Batches are taken one after the
 * other, so that memory does not grow with their number.
 */
public final class CircuitRunner {
  private final ModelGraph graph;
  private final Examples examples;
  private final StandIn standIn;
  private final Parts parts;

  private CircuitRunner(ModelGraph graph, Examples examples, StandIn standIn) {
    this.graph = graph;
    this.examples = examples;
    this.standIn = standIn;
    this.parts = new Parts(graph.config(), graph.model().wiring());
  }

  /** Runs circuits of a model on examples. */
  public static CircuitRunner of(ModelGraph graph, Examples examples, StandIn standIn) {
    return new CircuitRunner(graph, examples, standIn);
  }

  public ModelGraph graph() {
    return graph;
  }

  public Examples examples() {
    return examples;
  }

  public StandIn standIn() {
    return standIn;
  }

  /** Runs one circuit. */
  public CircuitRuns run(Circuit circuit) {
    return run(List.of(circuit));
  }

  /**
   * Runs circuits.
   *
   * @throws IllegalArgumentException if one is of another model, or the metric is not a number
   */
  public CircuitRuns run(List<Circuit> circuits) {
    circuits.forEach(graph::check);
    List<Circuit> all = new ArrayList<>(circuits);
    all.add(graph.empty());
    double[][] values = new double[all.size()][examples.size()];
    double[] clean = new double[examples.size()];
    int row = 0;
    try (Replacements replacements = new Replacements(graph, parts, examples, standIn)) {
      for (Batch batch : examples.batches()) {
        try (PreparedBatch prepared = new PreparedBatch(graph, parts, batch, replacements)) {
          System.arraycopy(prepared.cleanMetric(), 0, clean, row, batch.size());
          double[][] made = prepared.metric(all);
          for (int circuit = 0; circuit < made.length; circuit++) {
            System.arraycopy(made[circuit], 0, values[circuit], row, batch.size());
          }
        }
        row += batch.size();
      }
    }
    check(values);
    double[] replaced = values[circuits.size()];
    return new CircuitRuns(
        standIn, circuits, Arrays.copyOf(values, circuits.size()), clean, replaced);
  }

  /**
   * Prepares all batches and keeps them, for a search that runs one circuit after the other. Holds
   * about ten times the residual stream of every token and layer.
   */
  public Held hold() {
    return new Held();
  }

  private static void check(double[][] values) {
    for (double[] ofCircuit : values) {
      for (int row = 0; row < ofCircuit.length; row++) {
        if (Double.isNaN(ofCircuit[row])) {
          throw new IllegalArgumentException(
              "The metric of example %d is not a number (NaN) where edges are cut: choose one that is defined for any logits"
                  .formatted(row));
        }
      }
    }
  }

  /** All batches with their clean runs. */
  public final class Held implements AutoCloseable {
    private final Replacements replacements = new Replacements(graph, parts, examples, standIn);
    private final List<PreparedBatch> batches = new ArrayList<>();

    private Held() {
      for (Batch batch : examples.batches()) {
        batches.add(new PreparedBatch(graph, parts, batch, replacements));
      }
    }

    /** Returns the metric of the whole model, [example]. */
    public double[] clean() {
      return batches.stream().flatMapToDouble(b -> Arrays.stream(b.cleanMetric())).toArray();
    }

    /** Runs circuits of this model: their metric, [circuit][example]. */
    public double[][] metric(List<Circuit> circuits) {
      double[][] values = new double[circuits.size()][examples.size()];
      int row = 0;
      for (PreparedBatch batch : batches) {
        double[][] made = batch.metric(circuits);
        for (int circuit = 0; circuit < made.length; circuit++) {
          System.arraycopy(made[circuit], 0, values[circuit], row, batch.prompts());
        }
        row += batch.prompts();
      }
      check(values);
      return values;
    }

    @Override
    public void close() {
      batches.forEach(PreparedBatch::close);
      replacements.close();
    }
  }
}
