package io.loupe.datasets.corpus;

import io.loupe.datasets.file.Shipped;
import io.loupe.datasets.task.Split;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The items of a dataset, with its licence and source. Immutable; every method that chooses items
 * gives another dataset, which remembers what was chosen.
 *
 * @param <T> the items
 */
public final class Dataset<T> implements Iterable<T> {
  private static final int ROWS = 10;

  private final DatasetInfo info;
  private final String origin;
  private final List<T> items;
  private final Layout<T> layout;

  /**
   * Makes a dataset.
   *
   * @param origin where the items are from and which were chosen
   */
  public Dataset(DatasetInfo info, String origin, List<T> items, Layout<T> layout) {
    this.info = info;
    this.origin = origin;
    this.items = List.copyOf(items);
    this.layout = layout;
  }

  /** Returns what the dataset says of itself. */
  public DatasetInfo info() {
    return info;
  }

  /** Returns the short name. */
  public String name() {
    return info.name();
  }

  /** Returns the licence's short name. */
  public String licence() {
    return info.licence();
  }

  /** Returns the licence's text, or what its publishers say of it, as it is shipped. */
  public String licenceText() {
    return beside("LICENSE");
  }

  /** Returns where the dataset is published. */
  public String source() {
    return info.source();
  }

  /** Returns where the shipped sample comes from, file by file, and how it was sampled. */
  public String sourceText() {
    return beside("SOURCE.txt");
  }

  /** Returns where these items are from and which were chosen. */
  public String origin() {
    return origin;
  }

  /** Returns the items, in the order of the files. */
  public List<T> items() {
    return items;
  }

  /** Returns the number of items. */
  public int size() {
    return items.size();
  }

  /**
   * Returns an item.
   *
   * @throws IllegalArgumentException if there is none of that index
   */
  public T get(int index) {
    if (index < 0 || index >= items.size()) {
      throw new IllegalArgumentException(
          "%s has items 0 to %d, got %d".formatted(info.name(), items.size() - 1, index));
    }
    return items.get(index);
  }

  /** Returns the items as a stream. */
  public Stream<T> stream() {
    return items.stream();
  }

  @Override
  public Iterator<T> iterator() {
    return items.iterator();
  }

  /**
   * Returns the items of a split: the publishers' if they made some, else by a hash of each item's
   * group, which neither sampling nor filtering changes.
   */
  public Dataset<T> in(Split split) {
    return where(
        split.name().toLowerCase(Locale.ROOT) + " split",
        item -> layout.split(info.name(), item) == split);
  }

  /** Returns the split of an item. */
  public Split splitOf(T item) {
    return layout.split(info.name(), item);
  }

  /** Returns what an item is kept in one split with, such as its entity. */
  public String groupOf(T item) {
    return layout.group().apply(item);
  }

  /** Returns the items that pass, in their order. */
  public Dataset<T> where(Predicate<? super T> passes) {
    return where("filtered", passes);
  }

  private Dataset<T> where(String what, Predicate<? super T> passes) {
    return new Dataset<>(
        info, origin + ", " + what, items.stream().filter(passes).toList(), layout);
  }

  /**
   * Returns items drawn without repetition.
   *
   * @param seed the same seed draws the same
   * @throws IllegalArgumentException if there are fewer
   */
  public Dataset<T> draw(int count, long seed) {
    if (count < 0 || count > items.size()) {
      throw new IllegalArgumentException(
          "%s has %d %s, asked for %d".formatted(info.name(), items.size(), info.items(), count));
    }
    List<T> left = new ArrayList<>(items);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i, left.size());
      T drawn = left.get(other);
      left.set(other, left.get(i));
      left.set(i, drawn);
    }
    return new Dataset<>(
        info,
        "%s, %d drawn with seed %d".formatted(origin, count, seed),
        left.subList(0, count),
        layout);
  }

  /** Returns the names of the table's columns. */
  public List<String> columns() {
    return layout.columns();
  }

  /** Returns the texts of the table's rows, all of them and whole. */
  public List<List<String>> rows() {
    return items.stream().map(layout.row()).toList();
  }

  /** Returns a table of the first items as text, long cells cut. */
  public String table() {
    return table(ROWS);
  }

  /** Returns a table of so many first items as text, long cells cut. */
  public String table(int rows) {
    return TextTable.of(
        layout.columns(), items.stream().limit(rows).map(layout.row()).toList(), items.size());
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s: %,d %s (%s; %s; %s)",
        info.name(),
        items.size(),
        info.items(),
        origin,
        info.licence(),
        info.source());
  }

  private String beside(String file) {
    try {
      return Shipped.text(info.name(), file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
