package io.loupe.datasets.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.datasets.Prompt;
import io.loupe.datasets.TextSpan;
import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.datasets.task.IdSequence.PositionSpan;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PairsTest {
  private static final Template TEMPLATE = new Template("So {a} met {b}, and {a'} left");

  private static Prompt fill(String a, String b, String again) {
    return TEMPLATE.fill(Map.of("a", a, "b", b, "a'", again));
  }

  private static PromptPair pair(Prompt clean, Prompt corrupted) {
    return new PromptPair(clean, corrupted, " x", " y", "g", Split.TEST);
  }

  @Test
  void aTemplateNamesWhatFillsIt() {
    Prompt prompt = fill("Mary", "John", "Mary");
    assertThat(prompt.text()).isEqualTo("So Mary met John, and Mary left");
    assertThat(prompt.spans())
        .containsExactly(
            new TextSpan("a", 3, 7), new TextSpan("b", 12, 16), new TextSpan("a'", 22, 26));
    assertThat(TEMPLATE.slots()).containsExactly("a", "b", "a'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TEMPLATE.fill(Map.of("a", "Mary")))
        .withMessageContaining("Slot {b}");
  }

  @Test
  void saysWhatIsChanged() {
    PromptPair pair = pair(fill("Mary", "John", "Mary"), fill("Mary", "John", "John"));
    assertThat(pair.changed()).containsExactly("a'");
    assertThat(pair.answer()).isEqualTo(" x");
    assertThat(pair.wrong()).isEqualTo(" y");
    assertThat(Pair.cleanOf(List.of(pair))).containsExactly(pair.clean());
    assertThat(Pair.corruptedOf(List.of(pair))).containsExactly(pair.corrupted());
  }

  @Test
  void aSpanAroundAChangedOneIsNotNamed() {
    Prompt clean = new PromptText().add("Now ").add(fill("A", "B", "A")).mark("all", 4).prompt();
    Prompt other = new PromptText().add("Now ").add(fill("A", "C", "A")).mark("all", 4).prompt();
    assertThat(pair(clean, other).changed()).containsExactly("b");
    Prompt twice = clean.mark("again", 13, 14);
    assertThat(pair(twice, other.mark("again", 13, 14)).changed()).containsExactly("b", "again");
  }

  @Test
  void refusesDifferencesOutsideOfSpans() {
    Prompt clean = fill("Mary", "John", "Mary");
    String message = "differ inside named spans and nowhere else";
    Prompt elsewhere =
        new Template("Or {a} met {b}, and {a'} left")
            .fill(Map.of("a", "Mary", "b", "Tom", "a'", "Mary"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pair(clean, elsewhere))
        .withMessageContaining(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pair(clean, clean))
        .withMessageContaining(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pair(clean, Prompt.of(clean.text())))
        .withMessageContaining("spans of the same names");
  }

  @Test
  void refusesAnswersThatAreWrong() {
    Prompt clean = fill("Mary", "John", "Mary");
    Prompt corrupted = fill("Mary", "John", "John");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PromptPair(clean, corrupted, " x", " x", "g", Split.TEST))
        .withMessageContaining("Some answers are wrong");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new PromptPair(clean, corrupted, List.of(" x"), List.of(), "g", Split.TEST))
        .withMessageContaining("needs an answer and a wrong one");
  }

  private static IdSequence ids(int label, int... ids) {
    return new IdSequence(
        java.util.Arrays.stream(ids).boxed().toList(),
        List.of(new Label(ids.length - 1, label)),
        List.of(new PositionSpan("s", 1, 2)));
  }

  @Test
  void idsDifferInSpansToo() {
    IdPair pair = new IdPair(ids(1, 4, 5, 6), ids(0, 4, 7, 6), 2, "", Split.TRAIN);
    assertThat(pair.differing()).containsExactly(1);
    assertThat(pair.changed()).containsExactly("s");
    assertThat(pair.answer()).isEqualTo(1);
    assertThat(pair.wrong()).isZero();
    assertThat(pair.clean().toArray()).containsExactly(4, 5, 6);
    assertThat(pair.clean().idsOf("s")).containsExactly(5);

    assertMistake(() -> new IdPair(ids(1, 4, 5, 6), ids(0, 3, 5, 6), 2, "", Split.TRAIN), "0");
    assertMistake(() -> new IdPair(ids(1, 4, 5, 6), ids(0, 4, 5), 2, "", Split.TRAIN), "length");
    assertMistake(() -> new IdPair(ids(1, 4, 5), ids(1, 4, 6), 2, "", Split.TRAIN), "No label");
    assertMistake(
        () -> new IdPair(ids(1, 4, 5), ids(1, 4, 6), 1, "", Split.TRAIN), "are the same: 1");
    assertMistake(() -> ids(1, 4), "outside of 1 tokens");
    assertMistake(() -> ids(1, 4, -5), "no id is negative");
    assertMistake(() -> pair.clean().span("t"), "No span 't'");
    assertMistake(() -> new PositionSpan("s", 2, 2), "0 <= start < end, got [2, 2)");
  }

  @Test
  void vectorsAreCopiedAndCompared() {
    double[][] points = {{1, 2}, {3, 4}};
    double[] values = {5, 6};
    VectorSequence sequence = new VectorSequence(points, values);
    points[0][0] = 9;
    values[1] = 9;
    sequence.inputs()[1][1] = 9;
    assertThat(sequence)
        .isEqualTo(new VectorSequence(new double[][] {{1, 2}, {3, 4}}, new double[] {5, 6}))
        .hasSameHashCodeAs(new VectorSequence(sequence.inputs(), sequence.outputs()))
        .isNotEqualTo(new VectorSequence(sequence.inputs(), new double[] {5, 7}));
    assertThat(sequence.answer()).isEqualTo(6);
    assertThat(sequence.length()).isEqualTo(2);
    assertMistake(() -> new VectorSequence(points, new double[] {1}), "got 2 points and 1 values");
    assertMistake(
        () -> new VectorPair(sequence, sequence, "", Split.TEST), "The answers are the same");
    assertMistake(
        () ->
            new VectorPair(
                sequence, new VectorSequence(points, sequence.outputs()), "", Split.TEST),
        "the same points");
  }

  private static void assertMistake(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
    assertThatIllegalArgumentException().isThrownBy(call).withMessageContaining(message);
  }
}
