package io.loupe.notebooks.eval;

import java.util.List;

/**
 * Why a cell failed.
 *
 * @param kind at which stage
 * @param name the exception's simple class name, {@code CompileError} or {@code Interrupted}
 * @param message the exception's or the compiler's message; empty where there is none
 * @param line the line in the cell, counted from 1; 0 if unknown
 * @param report the lines to print: the message, the cell's source line with a marker, then the
 *     stack frames of cells and libraries, innermost first
 */
public record CellError(Kind kind, String name, String message, int line, List<String> report) {
  public CellError {
    report = List.copyOf(report);
  }

  /** At which stage a cell failed. */
  public enum Kind {
    /** The cell is not Java, or names what does not exist; an earlier part of it may have run. */
    COMPILE,
    /** An exception was thrown. */
    RUNTIME,
    /** {@link CellEvaluator#interrupt()} was called. */
    INTERRUPTED
  }
}
