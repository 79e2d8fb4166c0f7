package io.loupe.datasets.task;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Things shared out among the splits by a fixed hash of their keys: what has the same key stays
 * together, and neither the seed nor the tokenizer moves anything to another split.
 *
 * @param <G> what is shared out, such as a pair of names
 */
public final class Groups<G> {
  private final Map<Split, List<G>> members;

  private Groups(Map<Split, List<G>> members) {
    this.members = new EnumMap<>(Split.class);
    members.forEach((split, items) -> this.members.put(split, List.copyOf(items)));
  }

  /**
   * Shares things out, 80 % of the keys to the training split, 10 % to each other.
   *
   * @param salt another salt shares out differently: the task's name
   * @param items all of them, before a tokenizer leaves any out
   * @param key what must stay together
   */
  public static <G> Groups<G> of(String salt, List<G> items, Function<G, String> key) {
    List<String> keys =
        items.stream()
            .map(key)
            .distinct()
            .sorted(
                Comparator.comparing((String k) -> Mixing.hash(salt + "/" + k))
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    Map<String, Split> splits = new HashMap<>();
    for (Split split : Split.values()) {
      BigInteger size = BigInteger.valueOf(keys.size());
      int start = SplitShares.USUAL.start(split, size).intValueExact();
      int end = SplitShares.USUAL.end(split, size).intValueExact();
      keys.subList(start, end).forEach(k -> splits.put(k, split));
    }
    Map<Split, List<G>> members = new EnumMap<>(Split.class);
    for (G item : items) {
      Split split = splits.getOrDefault(key.apply(item), Split.TEST);
      members.computeIfAbsent(split, s -> new ArrayList<>()).add(item);
    }
    return new Groups<>(members);
  }

  /** Returns those that pass; the others are left out, none moves. */
  public Groups<G> keep(Predicate<? super G> passes) {
    Map<Split, List<G>> kept = new EnumMap<>(Split.class);
    members.forEach((split, items) -> kept.put(split, items.stream().filter(passes).toList()));
    return new Groups<>(kept);
  }

  /** Returns those of a split, in the order in which they were given. */
  public List<G> in(Split split) {
    return members.getOrDefault(split, List.of());
  }

  /** Returns those of all splits. */
  public List<G> all() {
    return members.values().stream().flatMap(List::stream).toList();
  }
}
