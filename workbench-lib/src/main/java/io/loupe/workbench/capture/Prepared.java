package io.loupe.workbench.capture;

import io.loupe.workbench.site.Head;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the heads of one call share: layouts and key sets of the rows of the batch. */
final class Prepared {
  private final AttentionCall call;
  private final List<RowLayout> layouts;
  private final List<List<@Nullable KeySet>> keySets = new ArrayList<>(); // [row][statistic]

  Prepared(AttentionCall call) {
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

  AttentionCall call() {
    return call;
  }

  RowLayout layout(int row) {
    return layouts.get(row);
  }

  /** Returns the key set of each statistic of a row; null for one that is no mass. */
  List<@Nullable KeySet> keySets(int row) {
    return keySets.get(row);
  }

  HeadEdits edits(int row, int head) {
    return new HeadEdits(call, head, row, layouts.get(row));
  }

  boolean reports(int head) {
    return call.request().reports(new Head(call.layer(), head));
  }

  /** Returns the columns of the queries whose whole rows are kept for a head; often none. */
  int[] patternColumns(int row, int head) {
    if (!call.request().patternHeads().contains(new Head(call.layer(), head))) {
      return new int[0];
    }
    return call.request().patternQueries().stream()
        .mapToInt(query -> call.tokens().column(row, query))
        .toArray();
  }
}
