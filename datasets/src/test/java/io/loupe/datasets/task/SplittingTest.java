package io.loupe.datasets.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How groups and numbers get their splits, and how examples are drawn from them. */
class SplittingTest {
  private static final List<Integer> HUNDRED = IntStream.range(0, 100).boxed().toList();

  /** Says its number. */
  private static final class Numbers extends CutTask<IdPair> {
    private final int size;

    Numbers(int size, SplitShares shares) {
      super(new TaskInfo("numbers", "Which?", "2026"), shares);
      this.size = size;
    }

    @Override
    protected IdPair make(Split split, Choices choices) {
      int number = choices.below(size);
      List<PositionSpan> spans = List.of(new PositionSpan("number", 0, 1));
      return new IdPair(
          new IdSequence(List.of(number), List.of(new Label(0, 0)), spans),
          new IdSequence(List.of(size), List.of(new Label(0, 1)), spans),
          0,
          "",
          split);
    }

    List<Integer> draw(Split split, int count, int seed) {
      return draw(split, count, (long) seed).stream().map(p -> p.clean().ids().get(0)).toList();
    }
  }

  @Test
  void sharesGroupsOut() {
    Groups<Integer> groups = Groups.of("t", HUNDRED, i -> "" + i);

    assertThat(groups.in(Split.TRAIN)).hasSize(80);
    assertThat(groups.in(Split.VALIDATION)).hasSize(10);
    assertThat(groups.in(Split.TEST)).hasSize(10);
    assertThat(groups.all()).containsExactlyInAnyOrderElementsOf(HUNDRED);
    assertThat(groups.in(Split.TEST)).isNotEqualTo(HUNDRED.subList(90, 100));
    assertThat(Groups.of("other", HUNDRED, i -> "" + i).in(Split.TEST))
        .isNotEqualTo(groups.in(Split.TEST));
  }

  @Test
  void keepsGroupsTogetherAndMovesNothing() {
    Groups<Integer> tens = Groups.of("t", HUNDRED, i -> "" + i / 10);

    for (Split split : Split.values()) {
      TreeSet<Integer> keys = new TreeSet<>(tens.in(split).stream().map(i -> i / 10).toList());
      assertThat(tens.in(split)).hasSize(10 * keys.size());
      assertThat(tens.keep(i -> i % 3 == 0).in(split))
          .isEqualTo(tens.in(split).stream().filter(i -> i % 3 == 0).toList());
    }
  }

  @Test
  void cutsNumbersInAScrambledOrder() {
    Numbers task = new Numbers(1000, new SplitShares(0.3, 0.2));

    assertThat(task.size(Split.TRAIN)).isEqualTo(300);
    assertThat(task.size(Split.VALIDATION)).isEqualTo(200);
    assertThat(task.size(Split.TEST)).isEqualTo(500);
    TreeSet<Integer> all = new TreeSet<>();
    for (Split split : Split.values()) {
      all.addAll(task.draw(split, task.size(split).intValueExact(), 0));
    }
    assertThat(all).hasSize(1000);
    // the training part has its share of each quarter of the numbers
    for (int quarter = 0; quarter < 4; quarter++) {
      int q = quarter;
      assertThat(task.draw(Split.TRAIN, 300, 0).stream().filter(n -> n / 250 == q).count())
          .isBetween(60L, 90L);
    }
  }

  @Test
  void drawsEachExampleAboutAsOften() {
    Numbers task = new Numbers(10, new SplitShares(0.5, 0.2));
    int[] first = new int[10];
    for (int seed = 0; seed < 2000; seed++) {
      first[task.draw(Split.TRAIN, 1, seed).get(0)]++;
    }
    // 2000 draws of 5 numbers: 400 each, with a standard deviation of 18
    assertThat(IntStream.of(first).filter(n -> n > 0).boxed().toList())
        .hasSize(5)
        .allMatch(n -> n > 310 && n < 490);
  }

  @Test
  void sizesOfAllKindsAreDrawnWhole() {
    for (int size = 10; size < 60; size++) {
      Numbers task = new Numbers(size, SplitShares.USUAL);
      List<Integer> all = new ArrayList<>();
      for (Split split : Split.values()) {
        all.addAll(task.draw(split, task.size(split).intValueExact(), 9));
      }
      assertThat(all).hasSize(size).doesNotHaveDuplicates();
    }
  }

  @Test
  void refusesSharesThatLeaveNothing() {
    for (double[] bad : new double[][] {{0, 0.1}, {0.9, 0.1}, {0.5, 0}, {Double.NaN, 0.1}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new SplitShares(bad[0], bad[1]))
          .withMessageContaining("train + validation < 1, got train " + bad[0]);
    }
    assertThat(new SplitShares(0.8, 0.1).end(Split.TEST, BigInteger.TEN)).isEqualTo(10);
  }
}
