package io.loupe.datasets.task;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A task whose examples have numbers, so that draws without repetition need no search. */
public abstract class IndexedTask<P extends Pair<?>> implements Task<P> {
  private final TaskInfo info;
  private final Map<Split, BigInteger> sizes = new EnumMap<>(Split.class);

  protected IndexedTask(TaskInfo info) {
    this.info = info;
  }

  /** Counts the examples of a split. It is asked once. */
  protected abstract BigInteger count(Split split);

  /** Returns the example of this number, 0 to below the split's size. */
  protected abstract P example(Split split, BigInteger number);

  @Override
  public final String name() {
    return info.name();
  }

  @Override
  public final String description() {
    return info.description();
  }

  @Override
  public final String source() {
    return info.source();
  }

  @Override
  public final BigInteger size(Split split) {
    synchronized (sizes) {
      return sizes.computeIfAbsent(split, this::count);
    }
  }

  @Override
  public final List<P> draw(Split split, int count, long seed) {
    BigInteger size = size(split);
    if (count < 1) {
      throw new IllegalArgumentException(
          "Expected at least one example of task '" + name() + "', got " + count);
    }
    if (BigInteger.valueOf(count).compareTo(size) > 0) {
      throw new IllegalArgumentException(
          ("Task '%s' has %s different examples in split %s (TRAIN %s, VALIDATION %s, TEST %s),"
                  + " asked for %d; ask for fewer, or make the task larger")
              .formatted(
                  name(),
                  size,
                  split,
                  size(Split.TRAIN),
                  size(Split.VALIDATION),
                  size(Split.TEST),
                  count));
    }
    List<P> examples = new ArrayList<>(count);
    for (BigInteger number : numbers(size, count, new Random(Mixing.mix(seed)))) {
      examples.add(example(split, number));
    }
    return List.copyOf(examples);
  }

  /** The first draws of a Fisher-Yates shuffle that keeps only what it moved. */
  private static List<BigInteger> numbers(BigInteger size, int count, Random random) {
    List<BigInteger> drawn = new ArrayList<>(count);
    Map<BigInteger, BigInteger> moved = new HashMap<>();
    for (int i = 0; i < count; i++) {
      BigInteger here = BigInteger.valueOf(i);
      BigInteger at = here.add(below(size.subtract(here), random));
      drawn.add(moved.getOrDefault(at, at));
      moved.put(at, moved.getOrDefault(here, here));
    }
    return drawn;
  }

  private static BigInteger below(BigInteger n, Random random) {
    BigInteger number;
    do {
      number = new BigInteger(n.bitLength(), random);
    } while (number.compareTo(n) >= 0);
    return number;
  }

  @Override
  public String toString() {
    return "%s: %s [%s] %s examples".formatted(name(), description(), source(), size());
  }
}
