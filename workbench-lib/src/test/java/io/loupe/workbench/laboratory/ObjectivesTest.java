package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.loupe.datasets.algorithm.Brackets;
import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.Split;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObjectivesTest {
  private static final int NONE = TrainingBatch.NONE;
  private static final Tokens CORPUS =
      Tokens.padded(Tokens.Padding.RIGHT, new long[] {5, 6, 7, 8}, new long[] {9, 4});

  @Test
  void nextTokensStandBeforeThemselves() {
    TrainingBatch batch = Objectives.nextToken(CORPUS).batch(3, new int[] {1, 0});
    assertThat(batch.tokens().row(0)).containsExactly(9, 4);
    assertThat(batch.tokens().row(1)).containsExactly(5, 6, 7, 8);
    assertThat(batch.targets()).isDeepEqualTo(new int[][] {{4, NONE, NONE, NONE}, {6, 7, 8, NONE}});
  }

  @Test
  void labelsStandAtTheirPositions() {
    List<IdPair> pairs = new Brackets(3, Brackets.Corruption.COUNT).draw(Split.TRAIN, 3, 0);
    TrainingBatch classes = Objectives.labelsOfBoth(pairs).batch(0, new int[] {0, 1, 2, 3, 4, 5});
    for (int i = 0; i < 6; i++) {
      assertThat(classes.targets()[i][0]).isEqualTo(i % 2 == 0 ? 1 : 0);
      assertThat(Arrays.stream(classes.targets()[i]).skip(1)).containsOnly(NONE);
    }
    IdPair pair = new RepeatedTokens(0, 9, 4).draw(Split.TRAIN, 1, 0).get(0);
    TrainingBatch next = Objectives.labels(List.of(pair.clean())).batch(0, new int[] {0});
    List<Integer> ids = pair.clean().ids();
    assertThat(next.targets()[0])
        .containsExactly(NONE, NONE, NONE, NONE, ids.get(5), ids.get(6), ids.get(7), NONE);
  }

  @Test
  void masksAreDrawnByStepAndSeed() {
    Tokens corpus =
        Tokens.of(new long[] {0, 1, 2, 3, 4, 5, 6, 7}, new long[] {7, 6, 5, 4, 3, 2, 1, 0});
    ModelObjective objective = Objectives.maskedToken(corpus, 99, 0.25, 4);
    TrainingBatch batch = objective.batch(2, new int[] {0, 1});
    for (int row = 0; row < 2; row++) {
      int masked = 0;
      for (int i = 0; i < 8; i++) {
        int target = batch.targets()[row][i];
        assertThat(batch.tokens().row(row)[i]).isEqualTo(target == NONE ? corpus.row(row)[i] : 99);
        if (target != NONE) {
          assertThat(target).isEqualTo((int) corpus.row(row)[i]);
          masked++;
        }
      }
      assertThat(masked).isEqualTo(2);
    }
    assertThat(objective.batch(2, new int[] {0, 1}).targets()).isDeepEqualTo(batch.targets());
    boolean[] ever = new boolean[8];
    for (int step = 0; step < 60; step++) {
      int[] targets = objective.batch(step, new int[] {0}).targets()[0];
      for (int i = 0; i < 8; i++) {
        ever[i] |= targets[i] != NONE;
      }
    }
    assertThat(ever).containsOnly(true);
    assertThat(Objectives.maskedToken(corpus, 99, 0.25, 5).sha256())
        .isNotEqualTo(objective.sha256());
    assertThatIllegalArgumentException().isThrownBy(() -> Objectives.maskedToken(corpus, 99, 1, 4));
  }

  @Test
  void theLossIsTheMeanOverTheTargets() {
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      double[] logits = {1, 2, 3, 0, 0, 0, -1, 4, 0.5, 2, 2, 9};
      NDArray array = manager.create(logits, new Shape(2, 2, 3));
      int[][] targets = {{2, NONE}, {0, 1}};
      double expected = (nats(logits, 0, 2) + nats(logits, 2, 0) + nats(logits, 3, 1)) / 3;
      assertThat(CrossEntropy.mean(array, targets).getDouble()).isCloseTo(expected, within(1e-12));
    }
  }

  private static double nats(double[] logits, int cell, int target) {
    double total = 0;
    for (int i = 0; i < 3; i++) {
      total += Math.exp(logits[3 * cell + i]);
    }
    return Math.log(total) - logits[3 * cell + target];
  }

  @Test
  void examplesThatAskForNothingAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Objectives.nextToken(Tokens.of(new long[] {1})))
        .withMessageContaining("asks for nothing");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TrainingBatch(CORPUS, new int[][] {{1}}));
  }
}
