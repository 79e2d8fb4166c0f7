package io.loupe.circuits.score;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Baselines;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.NodeOutputs;
import io.loupe.circuits.run.Parts;
import io.loupe.circuits.run.Replacements;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.score.ScoreMethod.Kind;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.InputGradients;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.stats.GaussLegendre;
import io.loupe.workbench.tensor.Engines;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Scores every edge of a model: what replacing this edge alone does to the metric, metric with the
 * edge replaced minus metric of the clean run. {@link #exact} runs the model for each edge;
 * everything else is the difference that the edge would carry times the gradient at the reader, all
 * edges from a few forward and backward passes. How far they can be trusted, {@link
 * EdgeScores#check} says.
 *
 * <p>The norm before a reader is differentiated with it. Integrals are taken at Gauss-Legendre
 * points, where the papers take equal steps.
 */
public final class EdgeAttribution {
  private final ModelGraph graph;
  private final Examples examples;
  private final StandIn standIn;
  private final Parts parts;

  private EdgeAttribution(ModelGraph graph, Examples examples, StandIn standIn) {
    this.graph = graph;
    this.examples = examples;
    this.standIn = standIn;
    this.parts = new Parts(graph.config(), graph.model().wiring());
  }

  /** Scores edges on examples by what the corrupted prompts put in their place. */
  public static EdgeAttribution of(ModelGraph graph, Examples examples) {
    return new EdgeAttribution(graph, examples, StandIn.RESAMPLE);
  }

  /** Returns the same with something else in place of an edge. */
  public EdgeAttribution replacedBy(StandIn other) {
    return new EdgeAttribution(graph, examples, other);
  }

  /**
   * Estimates all edges from the gradient in the clean run (Syed et al. 2023): two forward passes
   * and one backward pass.
   *
   * @throws IllegalArgumentException if the metric has no gradient, is not a number, or is the same
   *     for the clean prompts and what stands in for them
   */
  public EdgeScores eap() {
    return score(new ScoreMethod(Kind.EAP, 1));
  }

  /** Estimates all edges from gradients averaged along the embeddings (Hanna et al. 2024). */
  public EdgeScores integratedOverInputs(int steps) {
    return score(new ScoreMethod(Kind.EAP_IG_INPUTS, steps));
  }

  /**
   * Estimates all edges from gradients averaged along each layer's own outputs: as many passes for
   * the embeddings, each layer's heads and each MLP (Hanna et al. 2024).
   */
  public EdgeScores integratedOverActivations(int steps) {
    return score(new ScoreMethod(Kind.EAP_IG_ACTIVATIONS, steps));
  }

  /** Estimates all edges from the gradients at both ends (Hanna et al. 2024). */
  public EdgeScores cleanCorrupted() {
    return score(new ScoreMethod(Kind.CLEAN_CORRUPTED, 1));
  }

  /** Replaces each edge of the model alone. Costs a run for each, many together. */
  public EdgeScores exact() {
    return exact(IntStream.range(0, graph.size()).toArray());
  }

  /**
   * Replaces each of some edges alone.
   *
   * @param edges by their numbers in the graph
   * @throws IllegalArgumentException if there is none, one is no edge of the graph, or the metric
   *     is the same for the clean prompts and what stands in for them
   */
  public EdgeScores exact(int... edges) {
    int[] numbers = Circuit.ofNumbers(graph, edges).numbers();
    if (numbers.length == 0) {
      throw new IllegalArgumentException("Name at least one edge, or call exact() for all");
    }
    CircuitRunner runner = CircuitRunner.of(graph, examples, standIn);
    checkMetric();
    Circuit full = graph.full();
    CircuitRuns runs = runner.run(Arrays.stream(numbers).mapToObj(full::without).toList());
    float[][] effects = new float[numbers.length][examples.size()];
    for (int i = 0; i < numbers.length; i++) {
      double[] values = runs.of(i);
      for (int row = 0; row < values.length; row++) {
        effects[i][row] = (float) (values[row] - runs.clean()[row]);
      }
    }
    return new EdgeScores(
        source(), new ScoreMethod(Kind.EXACT, 1), numbers, effects, runs.clean(), runs.replaced());
  }

  /** Refuses a metric that the corruption does not change, before the many runs. */
  private void checkMetric() {
    if (standIn != StandIn.RESAMPLE) {
      CircuitRuns none = CircuitRunner.of(graph, examples, standIn).run(graph.empty());
      Baselines.check(none.clean(), none.replaced());
      return;
    }
    double[] clean = {};
    double[] corrupted = {};
    for (Batch batch : examples.batches()) {
      try (Run own = graph.model().run(batch.clean());
          Run other = graph.model().run(batch.corrupted())) {
        clean = batch.metric().perExample(own);
        corrupted = batch.metric().perExample(other);
      }
      if (!Arrays.equals(clean, corrupted)) {
        break; // one example is enough
      }
    }
    Baselines.check(clean, corrupted);
  }

  /**
   * Replaces all that a node writes, each node alone. Costs a run for each, many together.
   *
   * @throws IllegalArgumentException as {@link #exact(int...)}
   */
  public NodeScores exactNodes() {
    CircuitRunner runner = CircuitRunner.of(graph, examples, standIn);
    CircuitRuns runs =
        runner.run(
            graph.nodes().stream()
                .map(node -> graph.full().minus(Circuit.ofNodes(graph, List.of(node))))
                .toList());
    Baselines.check(runs.clean(), runs.replaced());
    double[][] effects = new double[graph.nodes().size()][];
    for (int node = 0; node < effects.length; node++) {
      double[] values = runs.of(node);
      Arrays.setAll(values, row -> values[row] - runs.clean()[row]);
      effects[node] = values;
    }
    return new NodeScores(graph, "exact replacement", effects);
  }

  private EdgeScores.Source source() {
    return new EdgeScores.Source(graph, examples, standIn);
  }

  // gradients

  private EdgeScores score(ScoreMethod method) {
    if (method.kind() == Kind.EAP_IG_ACTIVATIONS
        && parts.divided()
        && standIn != StandIn.RESAMPLE) {
      throw new IllegalArgumentException(
          "A norm stands behind the attention of this %s model, which divides heads' values by what they are together: there is no way from a clean run to a %s of them. integratedOverInputs(steps), or replacedBy(StandIn.RESAMPLE)"
              .formatted(graph.config().family(), standIn.label()));
    }
    float[][] scores = new float[graph.size()][examples.size()];
    double[] clean = new double[examples.size()];
    double[] replaced = new double[examples.size()];
    int row = 0;
    try (Replacements replacements = new Replacements(graph, parts, examples, standIn)) {
      for (Batch batch : examples.batches()) {
        new OnBatch(batch, method, replacements, scores, row).run(clean, replaced);
        row += batch.size();
      }
    }
    return new EdgeScores(
        source(),
        method,
        IntStream.range(0, graph.size()).toArray(),
        scores,
        clean,
        standIn == StandIn.RESAMPLE ? replaced : withoutEdges());
  }

  private double[] withoutEdges() {
    return CircuitRunner.of(graph, examples, standIn).run(graph.empty()).replaced();
  }

  /** The scores of one batch. */
  private final class OnBatch {
    private final HookedTransformer model = graph.model();
    private final ModelConfig config = graph.config();
    private final Batch batch;
    private final ScoreMethod method;
    private final Replacements replacements;
    private final float[][] scores;
    private final int firstRow;

    OnBatch(
        Batch batch,
        ScoreMethod method,
        Replacements replacements,
        float[][] scores,
        int firstRow) {
      this.batch = batch;
      this.method = method;
      this.replacements = replacements;
      this.scores = scores;
      this.firstRow = firstRow;
    }

    void run(double[] clean, double[] replaced) {
      Set<HookPoint> outputs = Parts.outputs(config);
      try (NDManager manager = Engines.newManager(model.device());
          Run corrupted = model.run(batch.corrupted(), Capture.matching(outputs::contains))) {
        copy(batch.metric().perExample(corrupted), replaced);
        if (method.kind() == Kind.EAP || method.kind() == Kind.CLEAN_CORRUPTED) {
          try (InputGradients gradients = gradients(model, outputs)) {
            copy(gradients.metric(), clean);
            NodeOutputs own = NodeOutputs.of(parts, p -> gradients.run().cache().get(p), manager);
            NodeOutputs to = replacements.of(own, corrupted, manager);
            NodeOutputs change = change(own, to, manager);
            boolean both = method.kind() == Kind.CLEAN_CORRUPTED;
            all(change, manager).add(gradients, column(), both ? 0.5 : 1, scores, firstRow);
            if (both) {
              along(Sites.RESID_PRE.at(0), to.embedding(), 0.5, change, manager);
            }
          }
        } else {
          try (Run base = model.run(batch.clean(), Capture.matching(outputs::contains))) {
            copy(batch.metric().perExample(base), clean);
            NodeOutputs own = NodeOutputs.of(parts, p -> base.cache().get(p), manager);
            NodeOutputs to = replacements.of(own, corrupted, manager);
            integrate(base, corrupted, own, to, manager);
          }
        }
      }
    }

    private void integrate(
        Run base, Run corrupted, NodeOutputs own, NodeOutputs to, NDManager manager) {
      NodeOutputs change = change(own, to, manager);
      GaussLegendre quadrature = GaussLegendre.of(method.steps());
      for (int step = 0; step < method.steps(); step++) {
        double share = quadrature.points()[step];
        double weight = quadrature.weights()[step];
        try (NDManager scope = manager.newSubManager()) {
          NDArray embedding = between(own.embedding(), to.embedding(), share, scope);
          if (method.kind() == Kind.EAP_IG_INPUTS) {
            along(Sites.RESID_PRE.at(0), embedding, weight, change, scope);
            continue;
          }
          along(0, Sites.RESID_PRE.at(0), embedding, weight, change, scope);
          for (int layer = 0; layer < config.layers(); layer++) {
            HookPoint mixed = Sites.Z.at(layer);
            NDArray values =
                parts.divided() // what a norm behind divides is undivided at the site
                    ? between(base.cache().get(mixed), corrupted.cache().get(mixed), share, scope)
                    : between(own.heads().get(layer), to.heads().get(layer), share, scope);
            int head = graph.number(new Node.Attention(new Head(layer, 0)));
            along(head, mixed, values, weight, change, scope);
            if (config.hasMlps()) {
              NDArray out = between(own.mlps().get(layer), to.mlps().get(layer), share, scope);
              int mlp = graph.number(new Node.Mlp(layer));
              along(mlp, Sites.MLP_OUT.at(layer), out, weight, change, scope);
            }
          }
        }
      }
    }

    /** Adds the products of all edges, at a run in which an activation is set. */
    private void along(
        HookPoint moved, NDArray value, double weight, NodeOutputs change, NDManager scope) {
      HookedTransformer there =
          model.with(Interventions.edit(moved, Slice.ALL, "interpolated", x -> value));
      try (InputGradients gradients = gradients(there, Set.of())) {
        all(change, scope).add(gradients, column(), weight, scores, firstRow);
      }
    }

    /** As {@link #along(HookPoint, NDArray, double, NodeOutputs, NDManager)}, of one group. */
    private void along(
        int firstNode,
        HookPoint moved,
        NDArray value,
        double weight,
        NodeOutputs change,
        NDManager scope) {
      int behind =
          graph.nodes().get(firstNode) instanceof Node.Attention
              ? firstNode + config.heads()
              : firstNode + 1;
      HookedTransformer there =
          model.with(Interventions.edit(moved, Slice.ALL, "interpolated", x -> value));
      try (InputGradients gradients = gradients(there, Set.of())) {
        new EdgeProducts(graph, parts, change, firstNode, behind, scope)
            .add(gradients, column(), weight, scores, firstRow);
      }
    }

    private EdgeProducts all(NodeOutputs change, NDManager manager) {
      return new EdgeProducts(graph, parts, change, 0, graph.nodes().size(), manager);
    }

    /** Keeps the streams that inputs read, and further points. */
    private InputGradients gradients(HookedTransformer there, Set<HookPoint> further) {
      Set<HookPoint> streams = Parts.streams(config);
      return InputGradients.of(
          there,
          batch.clean(),
          batch.metric(),
          graph.inputs(),
          Capture.matching(point -> streams.contains(point) || further.contains(point)));
    }

    private NodeOutputs change(NodeOutputs own, NodeOutputs to, NDManager manager) {
      return to.with(
          own,
          (a, b) -> {
            NDArray difference = a.sub(b);
            difference.attach(manager);
            return difference;
          });
    }

    private NDArray between(NDArray from, NDArray to, double share, NDManager scope) {
      NDArray change = to.sub(from);
      change.attach(scope);
      NDArray between = change.muli(share).add(from);
      between.attach(scope);
      return between;
    }

    /** Returns the first column that any edge changes. */
    private int column() {
      if (standIn != StandIn.RESAMPLE || !config.causal()) {
        return 0;
      }
      return batch.firstDifference();
    }

    private void copy(double[] values, double[] to) {
      System.arraycopy(values, 0, to, firstRow, values.length);
    }
  }
}
