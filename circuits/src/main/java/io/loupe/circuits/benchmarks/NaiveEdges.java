package io.loupe.circuits.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.circuits.graph.Edge;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Batch;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;

/**
 * Edges patched one by one: what the reader makes of its stream with one node's output exchanged is
 * put into a full pass of its own. For pre-norm models that are not parallel.
 */
final class NaiveEdges {
  private final HookedTransformer model;
  private final Batch batch;
  private final ActivationCache clean;
  private final ActivationCache corrupted;
  private final double[] baseline;

  NaiveEdges(ModelGraph graph, Batch batch) {
    this.model = graph.model();
    this.batch = batch;
    Capture capture =
        Capture.of(Sites.RESID_PRE, Sites.RESID_MID, Sites.RESID_POST, Sites.RESULT, Sites.MLP_OUT);
    this.clean = model.run(batch.clean(), capture).cache();
    this.corrupted = model.run(batch.corrupted(), capture).cache();
    this.baseline = batch.metric().perExample(model.run(batch.clean()));
  }

  /** Returns the metric with the edge replaced minus that of the clean run, [example]. */
  double[] effect(Edge edge) {
    NDArray change = output(edge.from(), corrupted).sub(output(edge.from(), clean));
    NDArray read = clean.get(stream(edge.to())).add(change);
    double[] values =
        batch.metric().perExample(model.with(edit(edge.to(), read)).run(batch.clean()));
    for (int row = 0; row < values.length; row++) {
      values[row] -= baseline[row];
    }
    return values;
  }

  private static NDArray output(Node node, ActivationCache cache) {
    if (node instanceof Node.Attention attention) {
      return cache
          .get(Sites.RESULT.at(attention.head().layer()))
          .get(new NDIndex().addAllDim(2).addIndices(attention.head().index()));
    }
    return cache.get(
        node instanceof Node.Mlp mlp ? Sites.MLP_OUT.at(mlp.layer()) : Sites.RESID_PRE.at(0));
  }

  private HookPoint stream(Input input) {
    return switch (input.kind()) {
      case QUERY, KEY, VALUE -> Sites.RESID_PRE.at(input.layer());
      case MLP -> Sites.RESID_MID.at(input.layer());
      case LOGITS -> Sites.RESID_POST.at(model.config().layers() - 1);
    };
  }

  private Intervention edit(Input input, NDArray read) {
    Wiring wiring = model.wiring();
    int layer = input.layer();
    int head = input.head();
    return switch (input.kind()) {
      case QUERY -> head(Sites.Q.at(layer), head, wiring.query(layer, head, read));
      case KEY -> head(Sites.K.at(layer), head, wiring.key(layer, head, read));
      case VALUE -> head(Sites.V.at(layer), head, wiring.value(layer, head, read));
      case MLP -> Interventions.edit(Sites.MLP_OUT.at(layer), x -> wiring.mlp(layer, read));
      case LOGITS ->
          Interventions.edit(Sites.RESID_POST.at(model.config().layers() - 1), x -> read);
    };
  }

  private static Intervention head(HookPoint point, int head, NDArray value) {
    return Interventions.edit(
        point,
        x -> {
          x.set(new NDIndex().addAllDim(2).addIndices(head), value);
          return x;
        });
  }
}
