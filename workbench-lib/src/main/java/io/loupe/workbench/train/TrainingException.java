package io.loupe.workbench.train;

/**
 * Training cannot go on: a loss or a gradient is not a number. Parameters are as before the step.
 */
public final class TrainingException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final int step;

  TrainingException(int step, String message) {
    super(message);
    this.step = step;
  }

  /** Says more about another one. */
  public TrainingException(TrainingException cause, String more) {
    super(cause.getMessage() + ". " + more, cause);
    this.step = cause.step;
  }

  /** Returns the step, from 0. */
  public int step() {
    return step;
  }
}
