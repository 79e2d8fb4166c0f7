package io.loupe.circuits.benchmarks;

import ai.djl.ndarray.NDArray;
import io.loupe.circuits.graph.Edge;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Batch;
import io.loupe.workbench.benchmarks.NaivePatch;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.HookedTransformer;

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
    this.clean = model.run(batch.clean(), NaivePatch.CAPTURE).cache();
    this.corrupted = model.run(batch.corrupted(), NaivePatch.CAPTURE).cache();
    this.baseline = batch.metric().perExample(model.run(batch.clean()));
  }

  /** Returns the metric with the edge replaced minus that of the clean run, [example]. */
  double[] effect(Edge edge) {
    NDArray change =
        NaivePatch.output(edge.from(), corrupted).sub(NaivePatch.output(edge.from(), clean));
    NDArray read = clean.get(NaivePatch.stream(model, edge.to())).add(change);
    double[] values =
        batch
            .metric()
            .perExample(model.with(NaivePatch.edit(model, edge.to(), read)).run(batch.clean()));
    for (int row = 0; row < values.length; row++) {
      values[row] -= baseline[row];
    }
    return values;
  }
}
