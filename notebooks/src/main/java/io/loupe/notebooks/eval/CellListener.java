package io.loupe.notebooks.eval;

import io.loupe.workbench.display.MimeBundle;

/**
 * Hears what a cell says while it runs. The calls may come from several threads, as a cell may
 * start threads of its own.
 */
public interface CellListener {
  /** Takes a piece of what was written to {@code System.out}, as it was written. */
  void stdout(String text);

  /** Takes a piece of what was written to {@code System.err}, as it was written. */
  void stderr(String text);

  /** Takes what the cell gave to {@link io.loupe.workbench.display.Display#show}. */
  void display(MimeBundle bundle);
}
