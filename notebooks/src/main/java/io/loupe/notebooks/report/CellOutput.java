package io.loupe.notebooks.report;

import io.loupe.notebooks.eval.CellError;
import io.loupe.workbench.display.MimeBundle;

/** Something that a cell made, in the order in which it made it. */
sealed interface CellOutput {
  /** Text that was printed; neighbours of the same stream are one output. */
  record Printed(boolean toStderr, String text) implements CellOutput {}

  /** A value that was shown. */
  record Shown(MimeBundle bundle) implements CellOutput {}

  /** The error that ended the cell. */
  record Failed(CellError error) implements CellOutput {}
}
