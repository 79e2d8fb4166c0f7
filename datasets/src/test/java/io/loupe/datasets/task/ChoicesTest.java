package io.loupe.datasets.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChoicesTest {
  private static final List<String> ABCD = List.of("a", "b", "c", "d");

  @Test
  void everyNumberMakesAnotherSeriesAndTheCountIsTheirNumber() {
    assertAllDiffer(3 * 4 * 2, c -> c.below(3) + c.one(ABCD) + c.coin());
    assertAllDiffer(4 * 3 * 2, c -> "" + c.distinct(ABCD, 3));
    assertAllDiffer(24, c -> "" + c.distinct(ABCD, 4));
    assertAllDiffer(1, c -> "" + c.distinct(ABCD, 0));
    assertAllDiffer(5 * 10 * 4, c -> c.below(5) + list(c.subset(5, 2)) + c.below(4));
    assertAllDiffer(1, c -> list(c.subset(4, 0)) + list(c.subset(4, 4)));
    assertAllDiffer(462, c -> list(c.subset(11, 5)));
  }

  @Test
  void draws() {
    // 14 = 2 + 3 * (4 = 0 + 4 * 1): the first digit is 14 mod 3, the next 4 mod 4
    Choices choices = Choices.of(BigInteger.valueOf(14));
    assertThat(choices.below(3)).isEqualTo(2);
    assertThat(choices.one(ABCD)).isEqualTo("a");
    assertThat(choices.coin()).isTrue();
  }

  @Test
  void chosenThingsAreDifferentAndSubsetsAscend() {
    for (int i = 0; i < 200; i++) {
      Choices choices = Choices.of(BigInteger.valueOf(i * 7919L));
      assertThat(choices.distinct(ABCD, 3)).doesNotHaveDuplicates();
      assertThat(choices.subset(9, 4)).isSorted().doesNotHaveDuplicates().hasSize(4);
    }
  }

  @Test
  void partsWithDifferentNumbersOfOptionsAreCountedTogether() {
    List<BigInteger> sizes = List.of(BigInteger.TWO, BigInteger.ZERO, BigInteger.valueOf(6));
    Function<Choices, String> generator =
        c -> {
          String before = "" + c.below(2);
          Choices.Part part = c.part(sizes);
          return before + part.index() + "/" + part.choices().below(part.index() == 0 ? 2 : 6);
        };
    assertAllDiffer(2 * 8, generator);
    Set<Integer> kinds = new HashSet<>();
    for (int i = 0; i < 8; i++) {
      kinds.add(Choices.of(BigInteger.valueOf(i)).part(sizes).index());
    }
    assertThat(kinds).containsExactlyInAnyOrder(0, 2);
  }

  @Test
  void aChoiceWithoutOptionMakesNoExample() {
    assertThat(Choices.count(c -> c.one(List.of()))).isZero();
    assertThat(Choices.count(c -> c.distinct(ABCD, 5))).isZero();
    assertThat(Choices.count(c -> c.anyOf(List.of()))).isZero();
    assertThat(Choices.count(c -> c.subset(3, 4))).isZero();
  }

  @Test
  void countsBeyondLong() {
    assertThat(Choices.count(c -> IntStream.range(0, 100).forEach(i -> c.below(10))))
        .isEqualTo(BigInteger.TEN.pow(100));
    assertThat(Choices.binomial(100, 50)).asString().isEqualTo("100891344545564193334812497256");
  }

  @Test
  void freeNumbersFollowFromTheExample() {
    BigInteger number = BigInteger.valueOf(5);
    int first = Choices.of(number).free().nextInt();
    Choices again = Choices.of(number);
    again.below(7);
    assertThat(again.free().nextInt()).as("whatever was chosen before").isEqualTo(first);
    assertThat(again.free().nextInt()).as("one stream").isNotEqualTo(first);
    assertThat(Choices.of(BigInteger.TEN).free().nextInt()).isNotEqualTo(first);
    assertThat(Choices.count(c -> c.free().nextInt())).isEqualTo(BigInteger.ONE);
  }

  private static void assertAllDiffer(int expected, Function<Choices, String> generator) {
    BigInteger count = Choices.count(generator::apply);
    assertThat(count).isEqualTo(BigInteger.valueOf(expected));
    List<String> made = new ArrayList<>();
    for (int i = 0; i < expected; i++) {
      made.add(generator.apply(Choices.of(BigInteger.valueOf(i))));
    }
    assertThat(made).doesNotHaveDuplicates();
  }

  private static String list(int[] numbers) {
    return IntStream.of(numbers).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }
}
