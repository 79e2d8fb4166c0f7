package io.loupe.notebooks.eval;

/** Whether a source can be run as it stands. */
public enum Completeness {
  COMPLETE,
  /** Something is still open, a brace for example. */
  INCOMPLETE,
  /** No continuation makes it Java. */
  INVALID
}
