package io.loupe.workbench.train;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Which examples each step sees: every example once in an epoch, in an order drawn for that epoch.
 * A step's batch depends on the seed and the step alone, so that training can go on at any step.
 *
 * @param examples how many there are
 * @param size of a batch
 * @param seed of the orders
 */
record Batches(int examples, int size, long seed) {
  Batches {
    if (examples < 1) {
      throw new IllegalArgumentException("There are no examples to train on");
    }
    size = Math.min(size, examples);
  }

  /** Returns the examples of a step, which may end one epoch and begin the next. */
  int[] at(int step) {
    long from = (long) step * size;
    int[] batch = new int[size];
    int[] order = order(from / examples);
    for (int i = 0; i < size; i++) {
      long place = from + i;
      if (i > 0 && place % examples == 0) {
        order = order(place / examples);
      }
      batch[i] = order[(int) (place % examples)];
    }
    return batch;
  }

  private int[] order(long epoch) {
    SplittableRandom random = new SplittableRandom(31 * seed + epoch);
    int[] order = IntStream.range(0, examples).toArray();
    for (int i = order.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int kept = order[i];
      order[i] = order[other];
      order[other] = kept;
    }
    return order;
  }
}
