package io.loupe.workbench.laboratory;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.nn.ModelConfig;

/**
 * What a model is trained to say. Those of the field are made by {@link Objectives}; your own gives
 * batches, and a loss if it is not the cross-entropy.
 */
public interface ModelObjective {
  /** Returns a short name, that of its curve: {@code next token}. */
  String name();

  /** Returns how many examples there are. */
  int examples();

  /**
   * Returns the batch of a step. The same step and examples always give the same batch: a training
   * that is resumed asks again.
   *
   * @param step from 0
   * @param examples indices, 0 to below {@link #examples}
   */
  TrainingBatch batch(int step, int[] examples);

  /**
   * Returns a hash of everything that decides what {@link #batch} gives, so that a training is not
   * resumed on other data.
   */
  String sha256();

  /**
   * Refuses a model that cannot be trained on this, before any step.
   *
   * @throws IllegalArgumentException naming what does not fit
   */
  void check(ModelConfig config);

  /**
   * Returns what is minimised, one number: the mean cross-entropy over the asked positions of a
   * batch, in nats, unless overridden: for {@link TrainingBatch#values}, by a squared error.
   *
   * @param logits [batch, pos, vocab]
   */
  default NDArray loss(NDArray logits, TrainingBatch batch) {
    return CrossEntropy.mean(logits, batch.targets());
  }
}
