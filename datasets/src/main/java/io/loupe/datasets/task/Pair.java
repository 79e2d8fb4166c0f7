package io.loupe.datasets.task;

import java.util.List;

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

  /** Returns the clean inputs, in order. */
  static <C> List<C> cleanOf(List<? extends Pair<C>> pairs) {
    return pairs.stream().<C>map(pair -> pair.clean()).toList();
  }

  /** Returns the corrupted inputs, in order. */
  static <C> List<C> corruptedOf(List<? extends Pair<C>> pairs) {
    return pairs.stream().<C>map(pair -> pair.corrupted()).toList();
  }
}
