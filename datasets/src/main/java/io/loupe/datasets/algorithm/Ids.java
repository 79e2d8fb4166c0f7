package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Short words for what the generators of this package do often. */
final class Ids {
  private Ids() {}

  /** The labels of a sequence in which each of these positions predicts the next token. */
  static List<Label> next(List<Integer> ids, IntStream positions) {
    return positions.mapToObj(position -> new Label(position, ids.get(position + 1))).toList();
  }

  static PositionSpan at(String name, int position) {
    return new PositionSpan(name, position, position + 1);
  }

  static List<Integer> with(List<Integer> ids, int position, int id) {
    List<Integer> changed = new ArrayList<>(ids);
    changed.set(position, id);
    return changed;
  }

  static List<Integer> list(int... ids) {
    return Arrays.stream(ids).boxed().toList();
  }

  static List<Integer> plus(List<Integer> first, List<Integer> second) {
    List<Integer> both = new ArrayList<>(first);
    both.addAll(second);
    return both;
  }

  /** A random number below n that is none of these; there must be one. */
  static int other(Random random, int n, List<Integer> taken) {
    int[] free = IntStream.range(0, n).filter(i -> !taken.contains(i)).toArray();
    return free[random.nextInt(free.length)];
  }

  /** Refuses a number that is too small. */
  static void atLeast(String what, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "Expected %s of %d or more, got %d".formatted(what, least, value));
    }
  }
}
