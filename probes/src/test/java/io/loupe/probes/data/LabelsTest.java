package io.loupe.probes.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LabelsTest {

  @Test
  void classesAndTagsAreNumberedByName() {
    Labels.Classes classes = Labels.classes(List.of("verb", "noun", "verb"));
    assertThat(classes.names()).containsExactly("noun", "verb");
    assertThat(classes.of()).containsExactly(1, 0, 1);
    assertThat(classes.at(new int[] {1, 0}).of()).containsExactly(0, 1);
    Labels.Tags tags = Labels.tags(List.of(Set.of("b"), Set.of("a", "b"), Set.of()));
    assertThat(tags.has())
        .isDeepEqualTo(new boolean[][] {{false, true}, {true, true}, {false, false}});
  }

  @Test
  void whatNoProbeCanLearnIsRefused() {
    int[] rows = {0, 1, 2};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Labels.classes(List.of("a", "a", "a")).requireLearnable(rows, "given"))
        .withMessageContaining("[a] of [a] only");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Labels.numbers("x", 2, 2, 2).requireLearnable(rows, "given"))
        .withMessageContaining("'x' is the same in all 3");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Labels.tags(List.of(Set.of("t"), Set.of("t"), Set.of("t")))
                    .requireLearnable(rows, "given"))
        .withMessageContaining("'t' has 3 of the 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Labels.numbers("x", 1, Double.NaN))
        .withMessageContaining("'x' of example 1 is NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Labels.Classes(List.of("a", "b"), new int[] {0, 2}))
        .withMessageContaining("Example 1 has class 2");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Labelled(
                    "x", Labels.numbers("x", 1, 2), List.of("a"), List.of("a", "b"), List.of()))
        .withMessageContaining("got 1 groups, 2 types");
  }

  @Test
  void shufflingKeepsTheBalanceAndOtherRows() {
    int[] of = IntStream.range(0, 200).map(i -> i % 5 == 0 ? 1 : 0).toArray();
    Labels.Classes labels = new Labels.Classes(List.of("a", "b"), of);
    int[] rows = IntStream.range(50, 200).toArray();
    Labels.Classes shuffled = (Labels.Classes) Labels.shuffled(labels, rows, 1);
    assertThat(shuffled.counts(rows)).isEqualTo(labels.counts(rows));
    assertThat(shuffled.of()).isNotEqualTo(of).startsWith(IntStream.of(of).limit(50).toArray());
  }

  /** Hewitt and Liang: one label for each type, drawn by how frequent labels are. */
  @Test
  void aControlTaskGivesEachTypeOneLabel() {
    List<String> types = new ArrayList<>();
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < 6000; i++) {
      types.add("word " + i % 2000);
      labels.add(i % 4 == 0 ? "rare" : "frequent");
    }
    Labelled labelled = new Labelled("control", Labels.classes(labels), types, types, List.of());
    Labels.Classes control = (Labels.Classes) labelled.control(9);
    Map<String, Integer> ofType = new HashMap<>();
    int rare = 0;
    for (int i = 0; i < 6000; i++) {
      assertThat(ofType.merge(types.get(i), control.of()[i], (a, b) -> a))
          .isEqualTo(control.of()[i]);
      rare += control.of()[i];
    }
    assertThat(rare / 6000.0).isCloseTo(0.25, within(0.03));
    assertThat(((Labels.Classes) labelled.control(10)).of()).isNotEqualTo(control.of());
    assertThat(labelled.seenTypes(new int[] {0, 1, 2, 3}, new int[] {2000, 4001, 7}))
        .isEqualTo(0.5);
  }
}
