package io.loupe.notebooks.report;

import io.loupe.notebooks.eval.CellError;
import io.loupe.notebooks.ipynb.Notebook;
import java.util.Map;
import java.util.Optional;

/**
 * A notebook and what its cells made.
 *
 * @param runs by the index of the cell in the notebook; cells that were not run are missing
 * @param codeCells how many cells there were to run
 */
record NotebookRun(Notebook notebook, Map<Integer, CellRun> runs, int codeCells) {
  NotebookRun {
    runs = Map.copyOf(runs);
  }

  /** Returns the cell whose error stopped the run, if one did. */
  Optional<Failure> failure() {
    return runs.values().stream()
        .flatMap(run -> run.error().map(error -> new Failure(run.number(), error)).stream())
        .findFirst();
  }

  /** The error that stopped a run, and the number of its cell. */
  record Failure(int cell, CellError error) {}
}
