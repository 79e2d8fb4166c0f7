package io.loupe.probes.structure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.datasets.task.Split;
import io.loupe.datasets.treebank.Treebank;
import io.loupe.probes.data.Features;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.train.TrainingOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StructuralProbeTest {
  private static final int WORDS = 8;
  private static final int COLUMNS = 24;
  private static final TrainingOptions OPTIONS = TrainingOptions.adam(500, 20, 3e-2, 1);

  private static final List<Tree> TREES = new ArrayList<>();
  private static final Features FEATURES = planted();

  /**
   * Each word is its head plus a direction of its own, so that squared distances are those of the
   * tree; among as many features of noise that is twice as large, all of them mixed.
   */
  private static Features planted() {
    Random random = new Random(3);
    double[][] mix = new double[COLUMNS][COLUMNS];
    for (int j = 0; j < COLUMNS; j++) {
      Arrays.setAll(mix[j], i -> 0.4 * random.nextGaussian() / Math.sqrt(COLUMNS));
      mix[j][j] += 1;
    }
    double[][] rows = new double[200 * WORDS][COLUMNS];
    for (int s = 0; s < 200; s++) {
      int[] heads = new int[WORDS];
      int[] order = random.ints(0, WORDS).distinct().limit(WORDS).toArray();
      boolean[] counted = new boolean[WORDS];
      Arrays.fill(counted, true);
      double[][] plain = new double[WORDS][COLUMNS];
      for (int i = 0; i < WORDS; i++) {
        int head = i == 0 ? -1 : order[random.nextInt(i)];
        heads[order[i]] = head;
        if (head >= 0) {
          plain[order[i]] = plain[head].clone();
          plain[order[i]][order[i]] += 1;
        }
      }
      for (int w = 0; w < WORDS; w++) {
        for (int j = WORDS; j < COLUMNS; j++) {
          plain[w][j] = 2 * random.nextGaussian();
        }
        for (int j = 0; j < COLUMNS; j++) {
          for (int k = 0; k < COLUMNS; k++) {
            rows[s * WORDS + w][j] += mix[j][k] * plain[w][k];
          }
        }
      }
      TREES.add(new Tree(s * WORDS, heads, counted));
    }
    return Features.of(rows);
  }

  @Test
  void plantedTreesAreReadFromSentencesThatWereNotTrainedOn() {
    List<Tree> train = TREES.subList(0, 150);
    List<Tree> test = TREES.subList(150, 200);
    StructuralProbe probe =
        StructuralProbe.train(FEATURES, train, StructuralProbe.Kind.DISTANCE, COLUMNS, OPTIONS);
    StructuralScores scores = StructuralScores.of(probe, FEATURES, test);
    StructuralScores chain = StructuralScores.ofChain(StructuralProbe.Kind.DISTANCE, test);
    assertThat(scores.value()).isGreaterThan(0.9);
    assertThat(scores.meanSpearman()).isGreaterThan(0.9);
    assertThat(chain.value()).isLessThan(0.4);
    assertThat(scores.perTree()).hasSize(50);
    assertThat(scores.value()).isBetween(scores.interval(1).low(), scores.interval(1).high());
    double[][] read = probe.distances(FEATURES, test.get(0));
    int[][] wanted = test.get(0).distances();
    for (int i = 0; i < WORDS; i++) {
      for (int j = 0; j < WORDS; j++) {
        assertThat(read[i][j]).isCloseTo(wanted[i][j], within(1.0));
      }
    }
    StructuralProbe depth =
        StructuralProbe.train(FEATURES, train, StructuralProbe.Kind.DEPTH, COLUMNS, OPTIONS);
    StructuralScores depths = StructuralScores.of(depth, FEATURES, test);
    assertThat(depths.value()).isGreaterThan(0.9);
    assertThat(depths.meanSpearman()).isGreaterThan(0.85);
    assertThat(StructuralScores.ofChain(StructuralProbe.Kind.DEPTH, test).value()).isLessThan(0.35);
    // a map of one row cannot hold eight directions
    StructuralProbe narrow =
        StructuralProbe.train(FEATURES, train, StructuralProbe.Kind.DISTANCE, 1, OPTIONS);
    assertThat(StructuralScores.of(narrow, FEATURES, test).value())
        .isLessThan(scores.value() - 0.2);
    assertThat(narrow.map()).hasDimensions(1, COLUMNS);
  }

  @Test
  void distancesDepthsAndTheChainAreCountedByHand() {
    // 0 <- 1 -> 2 -> 3, and a comma, 4, on 1
    Tree tree =
        new Tree(0, new int[] {1, -1, 1, 2, 1}, new boolean[] {true, true, true, true, false});
    assertThat(tree.depths()).containsExactly(1, 0, 1, 2, 1);
    assertThat(tree.distances())
        .isDeepEqualTo(
            new int[][] {
              {0, 1, 2, 3, 2}, {1, 0, 1, 2, 1}, {2, 1, 0, 1, 2}, {3, 2, 1, 0, 3}, {2, 1, 2, 3, 0}
            });
    // an edge to a word that is not scored is none: only 0 - 1 is left
    Tree broken = new Tree(0, new int[] {1, -1, 1, 2}, new boolean[] {true, true, false, true});
    assertThat(StructuralScores.ofChain(StructuralProbe.Kind.DISTANCE, List.of(broken)).edges())
        .containsExactly(1);
    // a star on 0: the chain has one of its two edges, and its root
    Tree star = new Tree(5, new int[] {-1, 0, 0}, new boolean[] {true, true, true});
    StructuralScores chain =
        StructuralScores.ofChain(StructuralProbe.Kind.DISTANCE, List.of(tree, star));
    assertThat(chain.perTree()).containsExactly(1, 0.5);
    assertThat(chain.edges()).containsExactly(3, 2);
    assertThat(chain.value()).isCloseTo(0.8, within(1e-12));
    assertThat(chain.meanSpearman()).isNaN();
    assertThat(StructuralScores.ofChain(StructuralProbe.Kind.DEPTH, List.of(tree, star)).perTree())
        .containsExactly(0, 1);
  }

  @Test
  void aTreebanksTreesStandOverItsWords() throws IOException {
    HookedTransformer model = HookedTransformer.load("stories260k");
    var treebank = Treebank.shipped().where(sentence -> sentence.text().length() < 40);
    TreeData data = TreeData.of(model, treebank);
    Tree last = data.trees().get(data.trees().size() - 1);
    assertThat(last.first() + last.size()).isEqualTo(data.words().size());
    assertThat(data.in(Split.TRAIN).size() + data.in(Split.VALIDATION).size())
        .isLessThan(data.trees().size());
    for (Tree tree : data.trees().subList(0, 20)) {
      int row = data.words().examples().get(tree.first()).row();
      for (int w = 0; w < tree.size(); w++) {
        assertThat(data.words().examples().get(tree.first() + w).row()).isEqualTo(row);
      }
    }
  }

  @Test
  void whatIsNoTreeIsRefused() {
    boolean[] two = {true, true};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Tree(0, new int[] {-1, -1}, two))
        .withMessageContaining("one root");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Tree(0, new int[] {-1, 2, 1}, new boolean[] {true, true, true}))
        .withMessageContaining("Word 1 does not hang on the root");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                StructuralProbe.train(
                    FEATURES,
                    List.of(new Tree(1599, new int[] {-1, 0}, two)),
                    StructuralProbe.Kind.DEPTH,
                    3,
                    OPTIONS))
        .withMessageContaining("features of 1600 words");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                StructuralProbe.train(
                    FEATURES, TREES, StructuralProbe.Kind.DEPTH, COLUMNS + 1, OPTIONS))
        .withMessageContaining("rank 25");
  }
}
