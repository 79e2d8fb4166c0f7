package io.loupe.notebooks.report;

import io.loupe.notebooks.eval.CellError;
import io.loupe.notebooks.eval.CellListener;
import io.loupe.notebooks.eval.CellResult;
import io.loupe.workbench.display.MimeBundle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one code cell made.
 *
 * @param number of the cell among the code cells that are run, from 1; Jupyter's execution count
 * @param outputs in order
 */
record CellRun(int number, List<CellOutput> outputs) {
  CellRun {
    outputs = List.copyOf(outputs);
  }

  /** Returns the error that ended the cell, if one did. */
  Optional<CellError> error() {
    return outputs.stream()
        .filter(CellOutput.Failed.class::isInstance)
        .map(output -> ((CellOutput.Failed) output).error())
        .findFirst();
  }

  /** Collects outputs while the cell runs. Cells may print from any thread. */
  static final class Recorder implements CellListener {
    private final List<CellOutput> outputs = new ArrayList<>();

    @Override
    public synchronized void stdout(String text) {
      print(false, text);
    }

    @Override
    public synchronized void stderr(String text) {
      print(true, text);
    }

    @Override
    public synchronized void display(MimeBundle bundle) {
      outputs.add(new CellOutput.Shown(bundle));
    }

    private void print(boolean toStderr, String text) {
      int last = outputs.size() - 1;
      if (last >= 0
          && outputs.get(last) instanceof CellOutput.Printed before
          && before.toStderr() == toStderr) {
        outputs.set(last, new CellOutput.Printed(toStderr, before.text() + text));
      } else {
        outputs.add(new CellOutput.Printed(toStderr, text));
      }
    }

    /** Closes the cell with its result; output that comes later is not part of it. */
    synchronized CellRun finish(int number, CellResult result) {
      result.value().ifPresent(this::display);
      result.error().ifPresent(error -> outputs.add(new CellOutput.Failed(error)));
      return new CellRun(number, outputs);
    }
  }
}
