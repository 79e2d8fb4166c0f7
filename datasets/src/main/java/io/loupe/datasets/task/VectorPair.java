package io.loupe.datasets.task;

import java.util.Arrays;

/**
 * Two sequences with the same points and other values.
 *
 * @param clean the sequence that is asked about
 * @param corrupted the same points under another function
 * @param group what is kept in one split
 * @param split the split of the clean sequence
 */
public record VectorPair(VectorSequence clean, VectorSequence corrupted, String group, Split split)
    implements Pair<VectorSequence> {
  public VectorPair {
    if (!Arrays.deepEquals(clean.inputs(), corrupted.inputs())) {
      throw new IllegalArgumentException("Clean and corrupted need the same points");
    }
    if (clean.answer() == corrupted.answer()) {
      throw new IllegalArgumentException("The answers are the same: " + clean.answer());
    }
  }
}
