package io.loupe.workbench.train;

/** The batches of a training, for tests of other packages. */
public final class BatchesOf {
  private final Batches batches;

  public BatchesOf(int examples, TrainingOptions options) {
    this.batches = new Batches(examples, options.batch(), options.seed());
  }

  /** Returns the examples of a step. */
  public int[] at(int step) {
    return batches.at(step);
  }
}
