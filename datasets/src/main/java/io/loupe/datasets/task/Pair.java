package io.loupe.datasets.task;

/**
 * A clean input and a corrupted one of the same length, for activation patching and its relatives.
 *
 * @param <C> what an input is: a text, token ids, vectors
 */
public interface Pair<C> {
  /** Returns the input on which a model should give the answer. */
  C clean();

  /** Returns the same input with what decides the answer changed. */
  C corrupted();

  /** Returns what examples share that are kept in one split, such as a pair of names. */
  String group();

  /** Returns the split of the clean input. */
  Split split();
}
