package io.loupe.datasets.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.task.Split;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DatasetTest {
  private final Dataset<String> dataset =
      new Dataset<>(
          new DatasetInfo("test-set", "words", "Words.", "Nobody 2026", "MIT", "here", "all"),
          "made",
          IntStream.range(0, 4000).mapToObj(i -> "g" + i / 4 + " w" + i).toList(),
          new Layout<>(
              List.of("group", "word"),
              item -> List.of(item.split(" ")),
              item -> item.substring(0, item.indexOf(' '))));

  @Test
  void splitsByGroupInUsualShares() {
    assertThat(dataset.in(Split.TRAIN).size()).isBetween(3100, 3300);
    assertThat(dataset.in(Split.VALIDATION).size()).isBetween(300, 500);
    assertThat(dataset.in(Split.TEST).size()).isBetween(300, 500);
    assertThat(dataset.in(Split.TEST).stream().map(dataset::groupOf))
        .doesNotContainAnyElementsOf(
            dataset.in(Split.TRAIN).stream().map(dataset::groupOf).toList());
    assertThat(dataset.in(Split.TEST).size() % 4).isZero();
  }

  @Test
  void filteringAndDrawingMoveNothingToAnotherSplit() {
    Dataset<String> part = dataset.where(item -> item.endsWith("7")).draw(300, 3);
    assertThat(part.in(Split.TEST).items()).allMatch(item -> dataset.splitOf(item) == Split.TEST);
    assertThat(dataset.in(Split.TEST).items()).containsAll(part.in(Split.TEST).items());
  }

  @Test
  void drawsWithoutRepetitionBySeed() {
    assertThat(dataset.draw(500, 1).items())
        .doesNotHaveDuplicates()
        .isEqualTo(dataset.draw(500, 1).items())
        .isNotEqualTo(dataset.draw(500, 2).items());
    assertThat(dataset.draw(4000, 1).items()).containsExactlyInAnyOrderElementsOf(dataset.items());
    assertThat(dataset.draw(5, 1).origin()).isEqualTo("made, 5 drawn with seed 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> dataset.draw(4001, 0))
        .withMessage("test-set has 4000 words, asked for 4001");
  }

  @Test
  void showsItself() {
    assertThat(dataset.draw(2, 0).toString())
        .isEqualTo("test-set: 2 words (made, 2 drawn with seed 0; MIT; here)");
    assertThat(dataset.table(2).lines())
        .containsExactly("group  word", "g0     w0", "g0     w1", "... 3,998 more");
    assertThat(dataset.where(item -> item.startsWith("g7 ")).table().lines()).hasSize(5);
    assertThat(dataset.columns()).containsExactly("group", "word");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> dataset.get(4000))
        .withMessageContaining("0 to 3999");
    assertThat(Objects.requireNonNull(dataset.get(3))).isEqualTo("g0 w3");
  }

  @Test
  void publishedSplitsComeFirst() {
    Layout<String> layout =
        new Layout<>(List.of("word"), List::of, word -> word, word -> Split.VALIDATION);
    Dataset<String> published = new Dataset<>(dataset.info(), "made", List.of("a", "b"), layout);
    assertThat(published.in(Split.VALIDATION).size()).isEqualTo(2);
    assertThat(published.in(Split.TRAIN).size()).isZero();
  }
}
