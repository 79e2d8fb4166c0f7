package io.loupe.workbench.model;

import io.loupe.workbench.display.NotebookImports;
import java.util.List;

/** What a notebook cell sees of the workbench without an import. */
public final class WorkbenchImports implements NotebookImports {
  @Override
  public List<String> imports() {
    return List.of(
        "ai.djl.ndarray.NDArray",
        "io.loupe.datasets.*",
        "io.loupe.workbench.attribution.*",
        "io.loupe.workbench.estimate.*",
        "io.loupe.workbench.intervention.*",
        "io.loupe.workbench.laboratory.*",
        "io.loupe.workbench.lens.*",
        "io.loupe.workbench.metric.*",
        "io.loupe.workbench.model.*",
        "io.loupe.workbench.path.*",
        "io.loupe.workbench.plot.*",
        "io.loupe.workbench.site.*",
        "io.loupe.workbench.stats.*",
        "io.loupe.workbench.steering.*",
        "io.loupe.workbench.sweep.*",
        "io.loupe.workbench.tensor.Tensors",
        "io.loupe.workbench.text.*",
        "io.loupe.workbench.train.*",
        "static io.loupe.workbench.intervention.AttentionEdits.*",
        "static io.loupe.workbench.intervention.Interventions.*",
        "static io.loupe.workbench.site.Axis.*",
        "static io.loupe.workbench.site.Head.head",
        "static io.loupe.workbench.site.Sites.*");
  }
}
