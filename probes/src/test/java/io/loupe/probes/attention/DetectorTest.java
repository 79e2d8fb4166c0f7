package io.loupe.probes.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Partition;
import io.loupe.probes.sweep.ProbeOptions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Auroc;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Detectors on planted features: what is there is found, and what is not is not. */
class DetectorTest {
  private static final HeadSet HEADS = HeadSet.all(3, 4);
  private static final HeadFeature FEATURE = HeadFeature.entropy();
  private static final int EXAMPLES = 400;

  /** Groups of four neighbours. */
  private static List<String> groups(int examples) {
    return IntStream.range(0, examples).mapToObj(i -> "group " + i / 4).toList();
  }

  /** Heads 3 and 7 each carry half of the class, up and down; the others are noise. */
  private static AttentionFeatures planted(double strength, long seed) {
    return planted(EXAMPLES, strength, seed);
  }

  private static AttentionFeatures planted(int examples, double strength, long seed) {
    Random random = new Random(seed);
    double[][] rows = new double[examples][HEADS.size()];
    List<Boolean> labels = new ArrayList<>();
    for (int i = 0; i < examples; i++) {
      boolean positive = random.nextBoolean();
      labels.add(positive);
      for (int h = 0; h < HEADS.size(); h++) {
        double sign = h == 3 ? 1 : h == 7 ? -1 : 0;
        rows[i][h] = 0.5 + random.nextGaussian() + (positive ? sign * strength : 0);
      }
    }
    Labelled labelled =
        new Labelled(
            "planted", Labels.truth(labels), groups(examples), groups(examples), List.of());
    return AttentionFeatures.given(labelled, List.of(FEATURE), HEADS, Features.of(rows));
  }

  @Test
  void twoHeadsTogetherAreFoundAndBeatTheBetterOfThem() {
    DetectorResults results =
        AttentionDetector.train(planted(1600, 1.5, 1), ProbeOptions.usual(), 3);
    // Phi(1.5) for both heads, Phi(1.5 / sqrt 2) for one
    assertThat(results.auroc()).isCloseTo(0.933, within(0.04));
    assertThat(results.single()).isCloseTo(0.856, within(0.05));
    assertThat(results.gain().low()).isPositive();
    assertThat(results.singles()).allMatch(s -> s.column() == 3 || s.column() == 7);
    assertThat(results.singles()).allMatch(s -> s.up() == (s.column() == 3));
    assertThat(results.randomFeatures()).isCloseTo(0.5, within(0.12));
    assertThat(results.shuffled()).isCloseTo(0.5, within(0.2));
    Interval interval = results.interval();
    assertThat(results.scored().get(0).auroc()).isBetween(interval.low(), interval.high());
    assertThat(interval.high() - interval.low()).isBetween(0.03, 0.25);
    double[] direction = results.trials().first().probe().direction(1);
    assertThat(direction[3]).isGreaterThan(0.5);
    assertThat(direction[7]).isLessThan(-0.5);
    assertThat(results.table().rows()).hasSize(5);
    assertThat(results.display().data()).isNotEmpty();
    assertThat(results.toString()).contains("AUROC", "random features", "shuffled labels");
  }

  @Test
  void whereNothingIsPlantedNothingIsFound() {
    DetectorResults results = AttentionDetector.train(planted(0, 2), ProbeOptions.usual(), 3);
    assertThat(results.auroc()).isCloseTo(0.5, within(0.12));
    // the best of twelve looks good where it was chosen, and is not
    assertThat(results.singles()).allMatch(s -> s.trainAuroc() > 0.53);
    assertThat(results.single()).isCloseTo(0.5, within(0.12));
  }

  @Test
  void aGroupIsNeverInTwoPartitions() {
    AttentionFeatures features = planted(1, 3);
    List<String> groups = features.labelled().groups();
    for (ProbeOptions options : List.of(ProbeOptions.usual(), ProbeOptions.usual().folds(4))) {
      DetectorResults results = AttentionDetector.train(features, options, 5);
      for (Partition partition : results.partitions()) {
        Set<String> train = new HashSet<>();
        IntStream.of(partition.train()).forEach(i -> train.add(groups.get(i)));
        Set<String> validation = new HashSet<>();
        IntStream.of(partition.validation()).forEach(i -> validation.add(groups.get(i)));
        assertThat(train).doesNotContainAnyElementsOf(validation);
        for (int i : partition.test()) {
          assertThat(train).doesNotContain(groups.get(i));
          assertThat(validation).doesNotContain(groups.get(i));
        }
      }
      for (int i = 0; i < results.scored().size(); i++) {
        assertThat(results.scored().get(i).groups())
            .containsExactlyElementsOf(
                IntStream.of(results.partitions().get(i).test()).mapToObj(groups::get).toList());
      }
    }
  }

  @Test
  void transferLeavesOutGroupsThatWereTrainedOn() {
    AttentionFeatures features = planted(1.5, 1);
    DetectorResults results = AttentionDetector.train(features, ProbeOptions.usual(), 3);
    Scored own = results.transfer(features);
    Partition first = results.partitions().get(0);
    assertThat(own.scores()).hasSize(first.validation().length + first.test().length);
    assertThat(own.auroc()).isCloseTo(results.auroc(), within(0.06));
    AttentionFeatures others =
        AttentionFeatures.given(
            features.labelled(), List.of(HeadFeature.sink()), HEADS, features.values());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> results.transfer(others))
        .withMessageContaining("The detector reads [entropy] of 12 heads");
  }

  @Test
  void threeClassesAndValuesThatDoNotFitAreRefused() {
    Labelled three =
        new Labelled(
            "three",
            Labels.classes(List.of("a", "b", "c")),
            List.of("1", "2", "3"),
            List.of("1", "2", "3"),
            List.of());
    AttentionFeatures features =
        AttentionFeatures.given(three, List.of(FEATURE), HEADS, Features.random(3, 12, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionDetector.train(features, ProbeOptions.usual(), 1))
        .withMessageContaining("tells two classes apart");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> AttentionFeatures.given(three, List.of(FEATURE), HEADS, Features.random(3, 9, 1)))
        .withMessageContaining("1 features of 12 heads");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> features.heatmap(FEATURE))
        .withMessageContaining("tells two classes apart");
  }

  @Test
  void aPartitionWithoutBothClassesInTestIsRefusedBeforeTraining() {
    // the class is the group, so that some seeds report on one class only
    List<Boolean> labels = IntStream.range(0, 12).mapToObj(i -> i < 8).toList();
    List<String> groups = IntStream.range(0, 12).mapToObj(i -> "group " + i / 4).toList();
    Labelled labelled = new Labelled("groups", Labels.truth(labels), groups, groups, List.of());
    AttentionFeatures features =
        AttentionFeatures.given(labelled, List.of(FEATURE), HEADS, Features.random(12, 12, 1));
    for (long seed = 0; seed < 6; seed++) {
      long own = seed;
      assertThatIllegalArgumentException()
          .isThrownBy(() -> AttentionDetector.train(features, ProbeOptions.usual().repeats(1), own))
          .withMessageMatching("(?s).*(needs two classes|there is no ROC curve).*");
    }
  }

  @Test
  void theAreaUnderTheCurveIsTheAreaOfRanks() {
    Random random = new Random(4);
    double[] scores = new double[200];
    boolean[] positive = new boolean[200];
    for (int i = 0; i < scores.length; i++) {
      positive[i] = random.nextInt(3) == 0;
      scores[i] = random.nextInt(12) + (positive[i] ? 2 : 0); // many ties
    }
    RocCurve curve = RocCurve.of(scores, positive);
    assertThat(curve.area()).isCloseTo(Auroc.of(scores, positive), within(1e-12));
    assertThat(curve.falsePositives()).isSorted().hasSizeLessThan(20).startsWith(0);
    assertThat(curve.truePositives()).isSorted().endsWith(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RocCurve.of(new double[] {1, 2}, new boolean[] {true, true}))
        .withMessageContaining("2 positive and 0 negative");
  }

  /** Ten equal examples of a group are one draw, so the interval is wider than of single ones. */
  @Test
  void intervalsDrawWholeGroups() {
    Random random = new Random(6);
    double[] scores = new double[200];
    boolean[] positive = new boolean[200];
    List<String> groups = new ArrayList<>();
    List<String> single = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      positive[i] = i / 10 % 2 == 0;
      scores[i] = i % 10 == 0 ? random.nextGaussian() + (positive[i] ? 1 : 0) : scores[i - 1];
      groups.add("group " + i / 10);
      single.add("single " + i);
    }
    Interval whole = new Scored(scores, positive, groups).interval(1);
    Interval apart = new Scored(scores, positive, single).interval(1);
    assertThat(whole.high() - whole.low()).isGreaterThan(2 * (apart.high() - apart.low()));
    Scored one = new Scored(scores, positive, Collections.nCopies(200, "one"));
    assertThat(one.auroc()).isFinite();
    assertThat(one.interval(1).low()).isNaN();
    assertThat(one.difference(one, 1).high()).isNaN();
  }

  /** Heads 2 and 5 lose what they give in attacked prompts; head 9 does so in test rows only. */
  @Test
  void importantHeadsAreChosenOnTrainingExamplesOnly() {
    Random random = new Random(8);
    boolean[] attacked = new boolean[120];
    List<Boolean> labels = new ArrayList<>();
    double[][] rows = new double[120][12];
    Partition partition =
        new Partition(
            IntStream.range(0, 60).toArray(),
            IntStream.range(60, 80).toArray(),
            IntStream.range(80, 120).toArray());
    for (int i = 0; i < 120; i++) {
      attacked[i] = i % 2 == 1;
      labels.add(attacked[i]);
      for (int h = 0; h < 12; h++) {
        boolean loses = h == 2 || h == 5 || (h == 9 && i >= 80);
        double mean = attacked[i] && loses ? 0.2 : 0.8;
        rows[i][h] = mean + (h == 2 || h == 5 || h == 9 ? 0.03 : 0.3) * random.nextGaussian();
      }
    }
    Labelled labelled =
        new Labelled("attacks", Labels.truth(labels), groups(120), groups(120), List.of());
    AttentionFeatures features =
        AttentionFeatures.given(labelled, List.of(FEATURE), HEADS, Features.of(rows));
    FocusScores scores = FocusScores.of(features, FEATURE, List.of(partition));
    FocusScores.Choice choice = scores.choices().get(0);
    assertThat(choice.heads()).isEqualTo(HeadSet.of(Head.head(0, 2), Head.head(1, 1)));
    assertThat(choice.margin()).isEqualTo(4);
    assertThat(scores.auroc()).isEqualTo(1);
    assertThat(choice.test().scores()[0]).isCloseTo(-(rows[80][2] + rows[80][5]) / 2, within(1e-6));
    assertThat(scores.toString()).contains("AUROC 1.000", "k [4]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FocusScores.of(features, HeadFeature.sink(), List.of(partition)))
        .withMessageContaining("was not read");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FocusScores.of(features, FEATURE, List.of()))
        .withMessageContaining("DetectorResults.partitions()");
    Partition normalOnly = new Partition(new int[] {0, 2, 4}, new int[] {6}, new int[] {7, 8});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FocusScores.of(features, FEATURE, List.of(normalOnly)))
        .withMessageContaining("needs two classes");
  }

  @Test
  void theGapTakesDeviationsOffBothSides() {
    double[] values = {0.8, 0.6, 0.3, 0.1};
    boolean[] attacked = {false, false, true, true};
    int[] rows = {0, 1, 2, 3};
    assertThat(FocusScores.gap(values, attacked, rows, 0)).isCloseTo(0.5, within(1e-12));
    assertThat(FocusScores.gap(values, attacked, rows, 2)).isCloseTo(0.1, within(1e-12));
    assertThat(FocusScores.gap(values, attacked, rows, 4)).isCloseTo(-0.3, within(1e-12));
  }

  @Test
  void whereNoHeadPassesTheNearestIsTakenAndThatIsSaid() {
    AttentionFeatures features = planted(0, 9);
    Random random = new Random(1);
    double[][] rows = new double[EXAMPLES][12];
    boolean[] positive = AttentionDetector.positive(features.labelled());
    for (int i = 0; i < EXAMPLES; i++) {
      for (int h = 0; h < 12; h++) {
        rows[i][h] = random.nextGaussian() + (positive[i] ? 3 + h : 0); // the wrong way round
      }
    }
    AttentionFeatures wrong =
        AttentionFeatures.given(features.labelled(), List.of(FEATURE), HEADS, Features.of(rows));
    FocusScores scores = FocusScores.of(wrong, FEATURE, List.of(features.labelled().partition(1)));
    assertThat(scores.choices().get(0).margin()).isEqualTo(-1);
    assertThat(scores.choices().get(0).heads()).isEqualTo(HeadSet.of(Head.head(0, 0)));
    assertThat(scores.auroc()).isLessThan(0.1);
    assertThat(scores.table().toString()).contains("none passes");
  }
}
