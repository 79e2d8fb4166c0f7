package io.loupe.notebooks.report;

import io.loupe.notebooks.eval.CellListener;
import io.loupe.notebooks.eval.CellResult;
import io.loupe.notebooks.ipynb.Cell;
import io.loupe.notebooks.ipynb.Notebook;
import io.loupe.workbench.display.Manifest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs the code cells of a notebook in order, up to the first one that fails. */
final class NotebookRunner {
  /** Runs one cell after the other in one session. */
  @FunctionalInterface
  interface Evaluator {
    /** Runs a cell and returns its value or its error. */
    CellResult evaluate(String source, CellListener listener);
  }

  private NotebookRunner() {}

  /** Runs the notebook, with the {@link Manifest} emptied before. */
  static NotebookRun run(Notebook notebook, Evaluator evaluator, Progress progress) {
    Manifest.clear();
    List<Cell> cells = notebook.cells();
    int count = (int) cells.stream().filter(NotebookRunner::runs).count();
    Map<Integer, CellRun> done = new HashMap<>();
    for (int i = 0; i < cells.size(); i++) {
      if (runs(cells.get(i))) {
        CellRun run = run(cells.get(i).source(), done.size() + 1, count, evaluator, progress);
        done.put(i, run);
        if (run.error().isPresent()) {
          break;
        }
      }
    }
    return new NotebookRun(notebook, done, count);
  }

  private static CellRun run(
      String source, int number, int count, Evaluator evaluator, Progress progress) {
    progress.started(number, count, source);
    CellRun.Recorder recorder = new CellRun.Recorder();
    CellRun run = recorder.finish(number, evaluator.evaluate(source, recorder));
    progress.ended(run.error().isPresent());
    return run;
  }

  /** A cell of nothing but white space is skipped, as Jupyter does. */
  private static boolean runs(Cell cell) {
    return cell instanceof Cell.Code && !cell.source().isBlank();
  }
}
