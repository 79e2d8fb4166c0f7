package io.loupe.circuits.measure;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Baselines;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.plot.ScatterChart;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Whether a circuit has everything that the model uses: nodes of the circuit are knocked out at
 * random, from the circuit and from the whole model, and both should lose the same (Wang et al.
 * 2022, section 4). A model that does better than the circuit after a knock-out has parts outside
 * that stand in. Beside it stands the model without the circuit, which should do nothing.
 */
public final class KnockOuts implements Displayable {
  private final Circuit circuit;
  private final List<List<Node>> knockOuts;
  private final double[] ofCircuit;
  private final double[] ofModel;
  private final double rest;

  private KnockOuts(
      Circuit circuit,
      List<List<Node>> knockOuts,
      double[] ofCircuit,
      double[] ofModel,
      double rest) {
    this.circuit = circuit;
    this.knockOuts = knockOuts;
    this.ofCircuit = ofCircuit;
    this.ofModel = ofModel;
    this.rest = rest;
  }

  /**
   * Knocks out nodes, in two runs for each of the sets.
   *
   * @param sets how many sets, 1 or more; each of the circuit's heads and MLPs is in it with
   *     probability 1/2
   * @throws IllegalArgumentException if the circuit has no heads or MLPs, or is of another model
   */
  public static KnockOuts of(CircuitRunner runner, Circuit circuit, int sets, long seed) {
    ModelGraph graph = runner.graph();
    graph.check(circuit);
    List<Node> nodes =
        circuit.nodes().stream().filter(node -> !(node instanceof Node.Embedding)).toList();
    if (nodes.isEmpty() || sets < 1) {
      throw new IllegalArgumentException(
          "Expected a circuit with heads or MLPs to knock out, and at least 1 set; got %s, %d sets"
              .formatted(circuit, sets));
    }
    SplittableRandom random = new SplittableRandom(seed);
    List<List<Node>> knockOuts = new ArrayList<>();
    List<Circuit> circuits = new ArrayList<>();
    for (int set = 0; set < sets; set++) {
      List<Node> some = nodes.stream().filter(node -> random.nextBoolean()).toList();
      Circuit gone = Circuit.ofNodes(graph, some);
      knockOuts.add(some);
      circuits.add(circuit.minus(gone));
      circuits.add(graph.full().minus(gone));
    }
    circuits.add(circuit.complement());
    CircuitRuns runs = runner.run(circuits);
    double gap = Baselines.gap(runs.clean(), runs.replaced());
    double without = CircuitRuns.mean(runs.replaced());
    double[] shares =
        IntStream.range(0, circuits.size())
            .mapToDouble(i -> (runs.mean(i) - without) / gap)
            .toArray();
    return new KnockOuts(
        circuit,
        knockOuts,
        IntStream.range(0, sets).mapToDouble(i -> shares[2 * i]).toArray(),
        IntStream.range(0, sets).mapToDouble(i -> shares[2 * i + 1]).toArray(),
        shares[2 * sets]);
  }

  /** Returns the nodes that were knocked out together. */
  public List<List<Node>> sets() {
    return knockOuts;
  }

  /** Returns the faithfulness of the circuit after each knock-out. */
  public double[] ofCircuit() {
    return ofCircuit.clone();
  }

  /** Returns the faithfulness of the whole model after each knock-out. */
  public double[] ofModel() {
    return ofModel.clone();
  }

  /** Returns the mean distance of both, in units of faithfulness; 0 for a complete circuit. */
  public double incompleteness() {
    return IntStream.range(0, ofModel.length)
        .mapToDouble(i -> Math.abs(ofModel[i] - ofCircuit[i]))
        .average()
        .orElseThrow();
  }

  /** Returns the largest distance. */
  public double worst() {
    return IntStream.range(0, ofModel.length)
        .mapToDouble(i -> Math.abs(ofModel[i] - ofCircuit[i]))
        .max()
        .orElseThrow();
  }

  /** Returns the faithfulness of all edges outside of the circuit: what the model does without. */
  public double withoutCircuit() {
    return rest;
  }

  /** Draws the circuit against the model, one point a knock-out. */
  public ScatterChart plot() {
    return Plots.scatter()
        .group("knock-outs", ofModel, ofCircuit)
        .diagonal()
        .xLabel("faithfulness of the model without the nodes")
        .yLabel("of the circuit without them")
        .title("Mean distance %.2f, largest %.2f".formatted(incompleteness(), worst()));
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(plot().display());
  }

  @Override
  public String toString() {
    return "KnockOuts[%s: mean distance %.3f, largest %.3f after %d random knock-outs; the model without the circuit %.3f]"
        .formatted(circuit, incompleteness(), worst(), ofModel.length, rest);
  }
}
