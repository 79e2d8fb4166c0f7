package io.loupe.workbench.laboratory;

import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.Task;
import java.util.List;
import java.util.stream.Stream;

/** Sequences of tasks that are small enough to be drawn whole. */
final class TaskData {
  private TaskData() {}

  /** Returns all pairs of a split. */
  static List<IdPair> all(Task<IdPair> task, Split split) {
    return task.draw(split, task.size(split).intValueExact(), 0);
  }

  /** Returns all pairs of all splits. */
  static List<IdPair> everything(Task<IdPair> task) {
    return Stream.of(Split.values()).flatMap(split -> all(task, split).stream()).toList();
  }

  static List<IdSequence> clean(List<IdPair> pairs) {
    return pairs.stream().map(IdPair::clean).toList();
  }

  static List<IdSequence> both(List<IdPair> pairs) {
    return pairs.stream().flatMap(pair -> Stream.of(pair.clean(), pair.corrupted())).toList();
  }
}
