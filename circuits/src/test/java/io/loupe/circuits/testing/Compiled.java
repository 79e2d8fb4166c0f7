package io.loupe.circuits.testing;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.Examples;
import io.loupe.workbench.laboratory.CompiledModel;
import io.loupe.workbench.laboratory.CompiledModels;

/** A compiled model with its graph, its known circuit, and prompts. */
public record Compiled(CompiledModel model, ModelGraph graph, Circuit known, Examples examples) {

  public static Compiled of(String name, int prompts) {
    CompiledModel model = CompiledModels.byName(name);
    ModelGraph graph = ModelGraph.of(model.model());
    CompiledModel.Prompts some = model.prompts(prompts, 1);
    return new Compiled(
        model,
        graph,
        Circuit.known(graph, model.tokenEdges()),
        Examples.of(new Batch(some.clean(), some.corrupted(), some.metric())));
  }
}
