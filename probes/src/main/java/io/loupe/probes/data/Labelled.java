package io.loupe.probes.data;

import io.loupe.datasets.task.Split;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Labels with what an honest experiment needs to know of the examples, wherever their features come
 * from: a model, a store on disk, or a simulation.
 *
 * @param name of the data
 * @param labels of each example
 * @param groups of each example: what must not be in two splits
 * @param types of each example: what a control task gives one random label to
 * @param splits of each example; empty to share groups out at random
 */
public record Labelled(
    String name, Labels labels, List<String> groups, List<String> types, List<Split> splits) {
  public Labelled {
    groups = List.copyOf(groups);
    types = List.copyOf(types);
    splits = List.copyOf(splits);
    int size = labels.size();
    if (groups.size() != size
        || types.size() != size
        || (!splits.isEmpty() && splits.size() != size)) {
      throw new IllegalArgumentException(
          "Expected a group and a type for each of %d labels, and splits for all or none; got %d groups, %d types, %d splits"
              .formatted(size, groups.size(), types.size(), splits.size()));
    }
  }

  /** Makes examples that are each a group and a type of their own. */
  public static Labelled of(String name, Labels labels) {
    List<String> own = IntStream.range(0, labels.size()).mapToObj(String::valueOf).toList();
    return new Labelled(name, labels, own, own, List.of());
  }

  /** Returns the number of examples. */
  public int size() {
    return labels.size();
  }

  /** Returns the partition of a seed. */
  public Partition partition(long seed) {
    return splits.isEmpty()
        ? Partition.random(groups, seed)
        : Partition.given(splits, groups, seed);
  }

  /**
   * Returns the labels of a control task (Hewitt and Liang 2019): each type gets the label of an
   * example drawn at random, so that labels are as frequent as they were and mean nothing. What a
   * probe reaches on them, on other examples of the same types, it reached by memorising types.
   */
  public Labels control(long seed) {
    Random random = new Random(seed);
    Map<String, Integer> drawn = new HashMap<>();
    int[] from = new int[size()];
    for (int i = 0; i < from.length; i++) {
      from[i] = drawn.computeIfAbsent(types.get(i), type -> random.nextInt(size()));
    }
    return labels.at(from);
  }

  /**
   * Returns the share of some examples whose type is among those of others: near 0, a control task
   * cannot be learnt, and selectivity is no more than accuracy over chance.
   */
  public double seenTypes(int[] examples, int[] others) {
    Set<String> seen = new HashSet<>();
    IntStream.of(others).forEach(i -> seen.add(types.get(i)));
    return IntStream.of(examples).filter(i -> seen.contains(types.get(i))).count()
        / (double) Math.max(1, examples.length);
  }
}
