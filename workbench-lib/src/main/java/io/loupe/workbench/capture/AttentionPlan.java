package io.loupe.workbench.capture;

import io.loupe.workbench.site.Head;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call made ready for a back end: where the tokens of each row of the batch stand, which keys a
 * statistic sums, what edits do to a head. All of it counts columns of the batch.
 */
public final class AttentionPlan {
  private final AttentionCall call;
  private final List<RowLayout> layouts;
  private final List<List<@Nullable KeySet>> keySets = new ArrayList<>(); // [row][statistic]

  /** Prepares a call. */
  public AttentionPlan(AttentionCall call) {
    this.call = call;
    this.layouts = RowLayout.all(call.tokens());
    for (int row = 0; row < layouts.size(); row++) {
      List<@Nullable KeySet> ofRow = new ArrayList<>();
      for (Statistic statistic : call.request().statistics()) {
        ofRow.add(KeySet.of(statistic, layouts.get(row), call.tokens(), row));
      }
      keySets.add(ofRow);
    }
  }

  public AttentionCall call() {
    return call;
  }

  /** Returns where a row's tokens stand. */
  public RowLayout layout(int row) {
    return layouts.get(row);
  }

  /** Returns the key set of each statistic of a row; null for one that is no mass. */
  public List<@Nullable KeySet> keySets(int row) {
    return keySets.get(row);
  }

  /** Returns what the request changes in a head. */
  public HeadEdits edits(int row, int head) {
    return new HeadEdits(call, head, row, layouts.get(row));
  }

  /** Tells whether a head is reported on. */
  public boolean reports(int head) {
    return call.request().reports(new Head(call.layer(), head));
  }

  /** Returns the columns of the queries whose whole rows are kept for a head; often none. */
  public int[] patternColumns(int row, int head) {
    if (!call.request().patternHeads().contains(new Head(call.layer(), head))) {
      return new int[0];
    }
    return call.request().patternQueries().stream()
        .mapToInt(query -> computed(query, call.tokens().column(row, query)))
        .toArray();
  }

  private int computed(int query, int column) {
    if (column < call.firstColumn()) {
      throw new IllegalArgumentException(
          "The row of query %d was asked for, but only the last %d of %d columns are computed as queries"
              .formatted(query, call.queries(), call.keys()));
    }
    return column;
  }
}
