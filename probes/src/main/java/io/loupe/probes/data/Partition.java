package io.loupe.probes.data;

import io.loupe.datasets.task.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Which examples a probe is trained on, its hyper-parameters are chosen on, and it is reported on.
 * Examples of one group are never apart.
 *
 * @param train indices of examples, ascending
 * @param validation indices of examples, ascending
 * @param test indices of examples, ascending
 */
public record Partition(int[] train, int[] validation, int[] test) {
  /** The share of the training groups that a seed draws where the splits are given. */
  private static final double DRAWN = 0.9;

  /**
   * Shares groups out at random: 60 % of the examples to train on, 20 % to choose on, 20 % to
   * report on, as nearly as groups allow.
   *
   * @param groups of each example
   * @throws IllegalArgumentException if there are fewer than three groups
   */
  public static Partition random(List<String> groups, long seed) {
    List<List<Integer>> shuffled = shuffled(groups, seed, 3);
    // whatever the sizes of groups, each part gets one
    int first = Math.max(1, Math.min(shuffled.size() - 2, cut(shuffled, 0.6 * groups.size())));
    int second =
        Math.max(first + 1, Math.min(shuffled.size() - 1, cut(shuffled, 0.8 * groups.size())));
    int[] part = new int[groups.size()];
    for (int g = 0; g < shuffled.size(); g++) {
      int own = g < first ? 0 : g < second ? 1 : 2;
      shuffled.get(g).forEach(row -> part[row] = own);
    }
    return of(part);
  }

  /** Returns how many groups hold about so many examples. */
  private static int cut(List<List<Integer>> groups, double examples) {
    int count = 0;
    double held = 0;
    while (count < groups.size() && held + groups.get(count).size() / 2.0 < examples) {
      held += groups.get(count).size();
      count++;
    }
    return count;
  }

  /**
   * Returns a partition for each of so many folds of groups: one fold is reported on, the next is
   * chosen on, the others are trained on.
   *
   * @throws IllegalArgumentException if there are fewer groups than folds
   */
  public static List<Partition> folds(List<String> groups, int folds, long seed) {
    if (folds < 3) {
      throw new IllegalArgumentException(
          "Folds to train, to choose and to report on are at least 3; got " + folds);
    }
    List<List<Integer>> shuffled = shuffled(groups, seed, folds);
    int[] fold = new int[groups.size()];
    int[] sizes = new int[folds];
    for (List<Integer> rows : shuffled) {
      int smallest =
          IntStream.range(0, folds).reduce((a, b) -> sizes[b] < sizes[a] ? b : a).orElseThrow();
      rows.forEach(row -> fold[row] = smallest);
      sizes[smallest] += rows.size();
    }
    List<Partition> all = new ArrayList<>();
    for (int f = 0; f < folds; f++) {
      int test = f;
      int validation = (f + 1) % folds;
      all.add(
          of(
              Arrays.stream(fold)
                  .map(own -> own == test ? 2 : own == validation ? 1 : 0)
                  .toArray()));
    }
    return List.copyOf(all);
  }

  /**
   * Returns given splits, with 90 % of the training groups, drawn with the seed: the deviation over
   * seeds then says what the training examples matter.
   */
  public static Partition given(List<Split> splits, List<String> groups, long seed) {
    Map<Split, List<Integer>> rows = new HashMap<>();
    for (int row = 0; row < splits.size(); row++) {
      rows.computeIfAbsent(splits.get(row), split -> new ArrayList<>()).add(row);
    }
    for (Split split : Split.values()) {
      if (!rows.containsKey(split)) {
        throw new IllegalArgumentException(
            "The given splits have no %s example; use ProbeData.withoutSplits() to share groups out at random"
                .formatted(split));
      }
    }
    List<String> training =
        new ArrayList<>(
            rows.getOrDefault(Split.TRAIN, List.of()).stream()
                .map(groups::get)
                .distinct()
                .toList());
    Collections.shuffle(training, new Random(seed));
    int kept = Math.max(1, (int) Math.round(DRAWN * training.size()));
    Set<String> drawn = new HashSet<>(training.subList(0, kept));
    return new Partition(
        indices(splits.size(), i -> splits.get(i) == Split.TRAIN && drawn.contains(groups.get(i))),
        indices(splits.size(), i -> splits.get(i) == Split.VALIDATION),
        indices(splits.size(), i -> splits.get(i) == Split.TEST));
  }

  /** Returns the examples of each group, the groups in random order. */
  public static List<List<Integer>> shuffled(List<String> groups, long seed, int least) {
    Map<String, List<Integer>> rows = new LinkedHashMap<>();
    for (int row = 0; row < groups.size(); row++) {
      rows.computeIfAbsent(groups.get(row), group -> new ArrayList<>()).add(row);
    }
    if (rows.size() < least) {
      throw new IllegalArgumentException(
          "%d parts need as many groups; the %d examples have %d, since examples of one group stay together. Give more examples or finer groups: ProbeData.groups(...)"
              .formatted(least, groups.size(), rows.size()));
    }
    List<List<Integer>> shuffled = new ArrayList<>(rows.values());
    Collections.shuffle(shuffled, new Random(seed));
    return shuffled;
  }

  private static Partition of(int[] part) {
    return new Partition(
        indices(part.length, i -> part[i] == 0),
        indices(part.length, i -> part[i] == 1),
        indices(part.length, i -> part[i] == 2));
  }

  private static int[] indices(int size, Predicate<Integer> chosen) {
    return IntStream.range(0, size).filter(chosen::test).toArray();
  }

  @Override
  public String toString() {
    return "Partition[train %d, validation %d, test %d]"
        .formatted(train.length, validation.length, test.length);
  }
}
