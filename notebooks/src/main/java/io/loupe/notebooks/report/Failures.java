package io.loupe.notebooks.report;

import io.loupe.notebooks.eval.CellError;

/** Says in words where and why a cell failed. */
final class Failures {
  private Failures() {}

  /** Returns the place: {@code cell 4, line 2}; without the line if it is not known. */
  static String where(int cell, CellError error) {
    return "cell " + cell + (error.line() > 0 ? ", line " + error.line() : "");
  }

  /** Returns the reason: the name of the error and its message. */
  static String what(CellError error) {
    if (error.message().isBlank() || error.message().equals(error.name())) {
      return error.name();
    }
    return error.name() + ": " + error.message();
  }
}
