package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.task.IdSequence;
import io.loupe.datasets.task.IdSequence.Label;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LabelScoresTest {
  private final HookedTransformer model = TinyTraining.model("gpt2");

  private static IdSequence sequence(SplittableRandom random, int length, int labels) {
    List<Integer> ids = random.ints(length, 0, 10).boxed().toList();
    List<Label> asked = new ArrayList<>();
    for (int i = 0; i < labels; i++) {
      asked.add(new Label(length - 1 - i, random.nextInt(10)));
    }
    return new IdSequence(ids, asked, List.of());
  }

  /** Each sequence alone, label by label, with the engine's own softmax. */
  @Test
  void areThoseOfEachSequenceAlone() {
    SplittableRandom random = new SplittableRandom(1);
    List<IdSequence> sequences =
        List.of(sequence(random, 4, 1), sequence(random, 7, 3), sequence(random, 6, 2));
    LabelScores scores = LabelScores.of(model, sequences);
    for (int i = 0; i < sequences.size(); i++) {
      double right = 0;
      double loss = 0;
      try (Run run = model.run(Tokens.of(sequences.get(i).toArray()))) {
        for (Label label : sequences.get(i).labels()) {
          right += run.logits().get(0, label.position()).argMax().getLong() == label.id() ? 1 : 0;
          loss -= run.logits().logSoftmax(-1).getFloat(0, label.position(), label.id());
        }
      }
      int labels = sequences.get(i).labels().size();
      assertThat(scores.correct().get(i)).isEqualTo(right / labels, within(1e-12));
      assertThat(scores.losses().get(i)).isEqualTo(loss / labels, within(1e-5));
    }
    assertThat(scores.loss())
        .isEqualTo(scores.losses().stream().mapToDouble(l -> l).average().orElseThrow());
  }

  @Test
  void theModelsOwnAnswersAreAllRight() {
    SplittableRandom random = new SplittableRandom(2);
    List<IdSequence> sequences = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      IdSequence one = sequence(random, 5, 2);
      List<Label> said = new ArrayList<>();
      try (Run run = model.run(Tokens.of(one.toArray()))) {
        for (Label label : one.labels()) {
          int best = (int) run.logits().get(0, label.position()).argMax().getLong();
          said.add(new Label(label.position(), i == 7 ? (best + 1) % 10 : best));
        }
      }
      sequences.add(new IdSequence(one.ids(), said, List.of()));
    }
    LabelScores scores = LabelScores.of(model, sequences);
    assertThat(scores.accuracy()).isEqualTo(0.95, within(1e-12)); // one of twenty is changed
    assertThat(scores.wholeSequences()).isEqualTo(0.95, within(1e-12));
    assertThat(scores.table().toString()).contains("accuracy", "20", "0.95");
  }

  @Test
  void aTieIsNoAnswer() {
    assertThat(LabelScores.isLargest(new double[] {9, 1, 1, 0}, 1, 3, 0)).isFalse();
    assertThat(LabelScores.isLargest(new double[] {9, 2, 1, 0}, 1, 3, 0)).isTrue();
    assertThat(LabelScores.isLargest(new double[] {9, Double.NaN, 1, 0}, 1, 3, 1)).isFalse();
  }

  @Test
  void nothingToAskIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LabelScores.of(model, List.of()))
        .withMessage("Expected at least one sequence; got none");
  }
}
