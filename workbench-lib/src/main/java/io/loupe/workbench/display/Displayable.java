package io.loupe.workbench.display;

/** A value that shows itself in a notebook or a report with more than its {@code toString()}. */
@FunctionalInterface
public interface Displayable {
  /**
   * Returns the representations, richest first; {@code text/plain} is added from {@code toString()}
   * where it is missing.
   */
  MimeBundle display();
}
