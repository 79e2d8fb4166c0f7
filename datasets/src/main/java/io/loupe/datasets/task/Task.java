package io.loupe.datasets.task;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;

/**
 * A source of aligned clean and corrupted inputs with known answers. Drawing is deterministic: the
 * same split, count and seed give the same examples on every machine, and no clean input occurs
 * twice in a draw or in two splits.
 *
 * @param <P> what it yields: {@link PromptPair}s, {@link IdPair}s, {@link VectorPair}s, or a user's
 */
public interface Task<P extends Pair<?>> {
  /** Returns its short name, such as {@code ioi}. */
  String name();

  /** Returns in one or two sentences what is asked and what the corruption changes. */
  String description();

  /** Returns the paper that it comes from. */
  String source();

  /** Returns how many examples a split has. */
  BigInteger size(Split split);

  /** Returns how many examples there are in all splits. */
  default BigInteger size() {
    return Arrays.stream(Split.values()).map(this::size).reduce(BigInteger.ZERO, BigInteger::add);
  }

  /**
   * Draws different examples of a split in random order. A shorter draw with the same seed is the
   * beginning of a longer one.
   *
   * @param count how many, 1 to {@link #size(Split)}
   * @throws IllegalArgumentException if there are not so many; it says how many there are
   */
  List<P> draw(Split split, int count, long seed);
}
