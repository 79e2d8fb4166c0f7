package io.loupe.datasets.corpus;

import io.loupe.datasets.task.Split;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a dataset's items are shown and shared out.
 *
 * @param columns names of a table's columns
 * @param row an item's texts in these columns
 * @param group what is kept in one split, such as the item's entity or sentence
 * @param published the split that the publishers put an item in; null if there is none
 * @param <T> the items
 */
public record Layout<T>(
    List<String> columns,
    Function<T, List<String>> row,
    Function<T, String> group,
    @Nullable Function<T, Split> published) {
  public Layout {
    columns = List.copyOf(columns);
  }

  /** A layout without published splits. */
  public Layout(List<String> columns, Function<T, List<String>> row, Function<T, String> group) {
    this(columns, row, group, null);
  }

  Split split(String salt, T item) {
    return published == null ? Split.ofGroup(salt, group.apply(item)) : published.apply(item);
  }
}
