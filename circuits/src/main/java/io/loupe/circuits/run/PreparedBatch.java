package io.loupe.circuits.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Engines;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** A batch with its clean run, from which runs of circuits are continued. */
final class PreparedBatch implements AutoCloseable {
  private final ModelGraph graph;
  private final Parts parts;
  private final NDManager manager;
  private final Continuation base;
  private final NodeOutputs clean;
  private final NodeOutputs replaced;
  private final List<NDArray> replacedStreams = new ArrayList<>(); // by place
  private final int column;
  private final int prompts;
  private final int length;

  PreparedBatch(ModelGraph graph, Parts parts, Batch batch, Replacements replacements) {
    this.graph = graph;
    this.parts = parts;
    this.manager = Engines.newManager(graph.model().device());
    ModelConfig config = graph.config();
    Set<HookPoint> outputs = Parts.outputs(config);
    Set<Site> sites = new HashSet<>(Set.of(Sites.RESID_PRE, Sites.RESID_POST, Sites.ATTN_OUT));
    outputs.forEach(point -> sites.add(point.site()));
    this.base = Continuation.keeping(graph.model(), batch.clean(), batch.metric(), sites);
    this.clean = NodeOutputs.of(parts, base::base, manager);
    this.prompts = batch.size();
    this.length = batch.clean().length();
    boolean resampled = replacements.standIn() == StandIn.RESAMPLE;
    this.column = resampled && base.skipsColumns() ? batch.firstDifference() : 0;
    try (Run corrupted =
        graph.model().run(batch.corrupted(), Capture.matching(outputs::contains))) {
      this.replaced = replacements.of(clean, corrupted, manager);
      sumStandIns();
    }
  }

  /**
   * Adds up what all stand-ins write, and the biases of the attentions. Taken from the clean stream
   * by differences, a stream of zeros would be rounding errors, which a norm blows up.
   */
  private void sumStandIns() {
    ModelConfig config = parts.config();
    NDArray sum = replaced.embedding();
    for (int layer = 0; layer < config.layers(); layer++) {
      replacedStreams.add(sum);
      NDArray withHeads = own(sum.add(written(layer)));
      replacedStreams.add(withHeads); // nobody reads it in a parallel block
      sum = config.hasMlps() ? own(withHeads.add(replaced.mlps().get(layer))) : withHeads;
    }
    replacedStreams.add(sum);
  }

  private NDArray written(int layer) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray written = parts.writtenTogether(layer, replaced.heads().get(layer), scope);
      NDArray bias = parts.wiring().attentionBias(layer);
      return own(bias == null ? written : written.addi(bias));
    }
  }

  private NDArray own(NDArray array) {
    array.attach(manager);
    return array;
  }

  ModelGraph graph() {
    return graph;
  }

  Parts parts() {
    return parts;
  }

  NDManager manager() {
    return manager;
  }

  int prompts() {
    return prompts;
  }

  NodeOutputs clean() {
    return clean;
  }

  NodeOutputs replaced() {
    return replaced;
  }

  /** Returns the stream at a place with every node replaced, [batch, pos, d_model]. */
  NDArray replacedStream(int place) {
    return replacedStreams.get(place);
  }

  /** Returns how many columns of a layer's queries are computed. */
  int queryColumns(int layer) {
    boolean last = layer == graph.config().layers() - 1 && base.lastColumnOnly();
    return last ? 1 : length - column;
  }

  /** Returns how many columns are computed. */
  int columns() {
    return length - column;
  }

  /** Returns the metric of the clean run, [row]. */
  double[] cleanMetric() {
    return base.baseline();
  }

  /** A group of circuits that begin to differ from the model in the same layer. */
  private record Start(int layer, boolean mlpFirst) implements Comparable<Start> {
    @Override
    public int compareTo(Start other) {
      return Comparator.comparingInt(Start::layer)
          .thenComparing(Start::mlpFirst)
          .compare(this, other);
    }
  }

  /** Runs circuits, as many together as keep the cores busy: their metric, [circuit][row]. */
  double[][] metric(List<Circuit> circuits) {
    double[][] values = new double[circuits.size()][];
    TreeMap<Start, List<Integer>> groups = new TreeMap<>();
    for (int i = 0; i < values.length; i++) {
      int missing = circuits.get(i).firstMissing();
      if (missing < 0) {
        values[i] = cleanMetric();
      } else {
        Input first = graph.inputs().get(graph.inputOf(missing));
        boolean mlpFirst = first.kind() == Input.Kind.MLP && !graph.config().block().parallel();
        groups.computeIfAbsent(new Start(first.layer(), mlpFirst), key -> new ArrayList<>()).add(i);
      }
    }
    groups.forEach(
        (start, members) -> {
          boolean decodes = start.layer() == graph.config().layers();
          int from = decodes && base.lastColumnOnly() ? length - 1 : column;
          int together = base.copies(from);
          for (int i = 0; i < members.size(); i += together) {
            List<Integer> some = members.subList(i, Math.min(i + together, members.size()));
            double[][] made = run(start, some.stream().map(circuits::get).toList());
            IntStream.range(0, made.length).forEach(k -> values[some.get(k)] = made[k]);
          }
        });
    return values;
  }

  private double[][] run(Start start, List<Circuit> circuits) {
    Set<Site> given = start.mlpFirst() ? Set.of(Sites.ATTN_OUT) : Set.of();
    try (CircuitPass pass =
        new CircuitPass(this, circuits, 2 * start.layer() + (start.mlpFirst() ? 1 : 0))) {
      return base.metric(start.layer(), column, circuits.size(), given, pass);
    }
  }

  @Override
  public void close() {
    base.close();
    manager.close();
  }
}
