package io.loupe.probes.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.task.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PartitionTest {

  /** Groups of 1 to 9 examples, not next to each other. */
  private static List<String> groups(int examples, int groups) {
    Random random = new Random(4);
    List<String> all = new ArrayList<>();
    for (int i = 0; i < examples; i++) {
      all.add("group " + (int) (groups * Math.pow(random.nextDouble(), 2)));
    }
    return all;
  }

  private static Set<String> of(int[] rows, List<String> groups) {
    return new HashSet<>(IntStream.of(rows).mapToObj(groups::get).toList());
  }

  private static void assertApart(Partition partition, List<String> groups) {
    Set<String> train = of(partition.train(), groups);
    Set<String> validation = of(partition.validation(), groups);
    Set<String> test = of(partition.test(), groups);
    assertThat(train).isNotEmpty().doesNotContainAnyElementsOf(validation);
    assertThat(validation).isNotEmpty().doesNotContainAnyElementsOf(test);
    assertThat(test).isNotEmpty().doesNotContainAnyElementsOf(train);
    int[] all =
        IntStream.concat(
                IntStream.concat(Arrays.stream(partition.train()), Arrays.stream(partition.test())),
                Arrays.stream(partition.validation()))
            .sorted()
            .toArray();
    assertThat(all).isEqualTo(IntStream.range(0, groups.size()).toArray());
  }

  @Test
  void noGroupIsInTwoPartsAndSharesAreNearSixtyTwentyTwenty() {
    List<String> groups = groups(1000, 120);
    for (long seed = 0; seed < 20; seed++) {
      Partition partition = Partition.random(groups, seed);
      assertApart(partition, groups);
      assertThat(partition.train().length).isBetween(540, 660);
      assertThat(partition.test().length).isBetween(140, 260);
    }
    assertThat(Partition.random(groups, 1).test()).isEqualTo(Partition.random(groups, 1).test());
    assertThat(Partition.random(groups, 1).test()).isNotEqualTo(Partition.random(groups, 2).test());
  }

  @Test
  void threeGroupsOfAnySizeAreEnough() {
    List<String> groups = new ArrayList<>(List.of("a", "b"));
    groups.addAll(List.of("c", "c", "c", "c", "c", "c", "c", "c"));
    for (long seed = 0; seed < 10; seed++) {
      assertApart(Partition.random(groups, seed), groups);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Partition.random(List.of("a", "b", "a"), 0))
        .withMessageContaining("the 3 examples have 2")
        .withMessageContaining("ProbeData.groups");
  }

  @Test
  void eachExampleIsReportedOnInOneFold() {
    List<String> groups = groups(300, 60);
    List<Partition> folds = Partition.folds(groups, 5, 3);
    int[] reported = new int[300];
    int[] chosenOn = new int[300];
    for (Partition fold : folds) {
      assertApart(fold, groups);
      IntStream.of(fold.test()).forEach(row -> reported[row]++);
      IntStream.of(fold.validation()).forEach(row -> chosenOn[row]++);
      assertThat(fold.test().length).isBetween(40, 80);
    }
    assertThat(reported).containsOnly(1);
    assertThat(chosenOn).containsOnly(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Partition.folds(List.of("a", "b", "c"), 4, 0))
        .withMessageContaining("the 3 examples have 3");
  }

  @Test
  void givenSplitsStayAndASeedDrawsNineTenthsOfTheTrainingGroups() {
    List<String> groups = new ArrayList<>();
    List<Split> splits = new ArrayList<>();
    for (int i = 0; i < 140; i++) {
      groups.add("group " + i / 2);
      splits.add(i < 100 ? Split.TRAIN : i < 120 ? Split.VALIDATION : Split.TEST);
    }
    Partition one = Partition.given(splits, groups, 1);
    assertThat(one.validation()).isEqualTo(IntStream.range(100, 120).toArray());
    assertThat(one.test()).isEqualTo(IntStream.range(120, 140).toArray());
    assertThat(one.train()).hasSize(90);
    assertThat(IntStream.of(one.train()).max().orElseThrow()).isLessThan(100);
    assertThat(of(one.train(), groups)).hasSize(45);
    assertThat(Partition.given(splits, groups, 2).train()).isNotEqualTo(one.train());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Partition.given(splits.subList(0, 110), groups.subList(0, 110), 1))
        .withMessageContaining("withoutSplits");
  }
}
