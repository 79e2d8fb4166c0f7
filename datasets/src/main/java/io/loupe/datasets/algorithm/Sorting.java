package io.loupe.datasets.algorithm;

import io.loupe.datasets.task.Choices;
import io.loupe.datasets.task.CutTask;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.task.SplitShares;
import io.loupe.datasets.task.TaskInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Sorting: digits, then the same digits in ascending order (minGPT's demo; de Luca and Fountoulakis
 * 2025, Positional Attention: Expressivity and Learnability of Algorithmic Computation).
 *
 * <p>A sequence is the unsorted digits and the sorted ones without the last; labels: the next
 * sorted digit, from the last unsorted place on. Spans: {@code digit}, {@code sorted1} and so on.
 * Corrupted: one digit is another one, and the sorted part is that of the new digits up to the
 * asked place, where the two answers differ first. Splits: cut from all inputs.
 */
public final class Sorting extends CutTask<IdPair> {
  private final int digits;
  private final int length;

  /** The task with 3 digits and 6 places: minGPT's. */
  public Sorting() {
    this(3, 6);
  }

  /**
   * The task of this size.
   *
   * @param digits how many different ones, 2 or more
   * @param length how many are sorted, 2 or more
   */
  public Sorting(int digits, int length) {
    super(
        new TaskInfo(
            "sorting",
            "Which digit comes next in ascending order? Corrupted: one of the digits.",
            "Karpathy 2022, minGPT demo; de Luca and Fountoulakis 2025, Positional Attention"),
        SplitShares.USUAL);
    Ids.atLeast("digits", digits, 2);
    Ids.atLeast("length", length, 4);
    this.digits = digits;
    this.length = length;
  }

  @Override
  protected IdPair make(Split split, Choices choices) {
    List<Integer> input = Stream.generate(() -> choices.below(digits)).limit(length).toList();
    int place = choices.free().nextInt(length);
    int other = Ids.other(choices.free(), digits, List.of(input.get(place)));
    List<Integer> changed = Ids.with(input, place, other);
    List<Integer> sorted = sorted(input);
    List<Integer> sortedChanged = sorted(changed);
    int first =
        IntStream.range(0, length)
            .filter(i -> !sorted.get(i).equals(sortedChanged.get(i)))
            .findFirst()
            .orElseThrow();
    return new IdPair(
        sequence(input, place), sequence(changed, place), length - 1 + first, "", split);
  }

  private IdSequence sequence(List<Integer> input, int place) {
    List<Integer> ids = Ids.plus(input, sorted(input));
    List<PositionSpan> spans = new ArrayList<>(List.of(Ids.at("digit", place)));
    for (int i = 0; i < length - 1; i++) {
      spans.add(Ids.at("sorted" + (i + 1), length + i));
    }
    return new IdSequence(
        ids.subList(0, 2 * length - 1),
        Ids.next(ids, IntStream.range(length - 1, 2 * length - 1)),
        spans);
  }

  private static List<Integer> sorted(List<Integer> input) {
    return input.stream().sorted().toList();
  }
}
