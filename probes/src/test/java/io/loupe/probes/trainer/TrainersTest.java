package io.loupe.probes.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.testing.Planted;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Trainers on arrays, against scikit-learn 1.2.1, finite differences and closed forms. */
class TrainersTest {
  private static final int ROWS = 90;
  private static final Features FEATURES = features();

  private static Features features() {
    double[][] rows = new double[ROWS][4];
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < 4; j++) {
        rows[i][j] = (j + 1) * Math.sin(1.3 * i * (j + 1) + j) + j;
      }
    }
    return Features.of(rows);
  }

  private static double score(int row) {
    return FEATURES.at(row, 0)
        + 0.5 * FEATURES.at(row, 1)
        - 0.4 * FEATURES.at(row, 2)
        + 0.8 * Math.cos(7.1 * row);
  }

  private static Labels.Classes classes(double... cuts) {
    List<String> names = IntStream.rangeClosed(0, cuts.length).mapToObj(c -> "class " + c).toList();
    return new Labels.Classes(
        names,
        IntStream.range(0, ROWS)
            .map(row -> (int) Arrays.stream(cuts).filter(cut -> score(row) >= cut).count())
            .toArray());
  }

  private static TrainingSet set(Labels labels, int... rows) {
    int[] all = rows.length > 0 ? rows : IntStream.range(0, labels.size()).toArray();
    return TrainingSet.of(FEATURES, labels, all, 1, Origin.given("test", "here"));
  }

  private static void assertClose(double[][] actual, double[][] expected, double error) {
    assertThat(actual).hasDimensions(expected.length, expected[0].length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).containsExactly(expected[i], within(error));
    }
  }

  @Test
  void logisticRegressionOfThreeClassesIsScikitLearns() {
    try (TrainingSet set = set(classes(-0.8, 0.5))) {
      Probe probe = Trainers.logistic(0.02).train(set).get(0);
      assertThat(probe.output()).isEqualTo(Probe.Output.PROBABILITIES);
      assertClose(
          probe.predict(FEATURES, new int[] {0, 1, 2, 50, 89}),
          new double[][] {
            {0.391963, 0.518283, 0.089754},
            {0.074537, 0.309281, 0.616182},
            {0.077695, 0.32468, 0.597625},
            {0.736135, 0.25676, 0.007105},
            {0.075316, 0.319952, 0.604733}
          },
          2e-4);
      assertClose(
          probe.linear().orElseThrow().weights(),
          new double[][] {
            {-1.186206, -0.769564, 0.594729, -0.037668},
            {-0.069297, -0.042006, 0.096464, -0.032141},
            {1.255503, 0.81157, -0.691194, 0.069809}
          },
          1e-3);
    }
  }

  @Test
  void logisticRegressionOfTwoClassesIsScikitLearns() {
    try (TrainingSet set = set(classes(0))) {
      Probe probe = Trainers.logistic(0.1).train(set).get(0);
      assertClose(
          probe.predict(FEATURES, new int[] {0, 1, 2, 50, 89}),
          new double[][] {
            {0.69391, 0.30609},
            {0.396417, 0.603583},
            {0.419918, 0.580082},
            {0.861949, 0.138051},
            {0.416577, 0.583423}
          },
          1e-4);
      assertThat(probe.linear().orElseThrow().direction(1))
          .containsExactly(new double[] {0.997178, 0.547847, -0.400946, 0.044226}, within(5e-4));
    }
  }

  /** The loss in float64, by a plain loop over standardised features. */
  private static double loss(
      Labels.Tags tags, int tag, double[] weights, double bias, double strength) {
    int[] all = IntStream.range(0, ROWS).toArray();
    Scaling scaling = Scaling.of(FEATURES, all);
    double loss = 0;
    for (int row : all) {
      double[] x = scaling.row(FEATURES, row);
      double logit = bias;
      for (int j = 0; j < x.length; j++) {
        logit += weights[j] * x[j];
      }
      loss += Math.log1p(Math.exp(tags.has()[row][tag] ? -logit : logit)) / ROWS;
    }
    return loss + strength / 2 * Arrays.stream(weights).map(w -> w * w).sum();
  }

  @Test
  void atTheTagsSolutionFiniteDifferencesOfTheLossAreZero() {
    boolean[][] has = new boolean[ROWS][2];
    for (int row = 0; row < ROWS; row++) {
      has[row][0] = score(row) > 0.3;
      has[row][1] = row % 3 == 0;
    }
    Labels.Tags tags = new Labels.Tags(List.of("high", "third"), has);
    double strength = 0.03;
    try (TrainingSet set = set(tags)) {
      Probe probe = Trainers.tags(strength).train(set).get(0);
      assertThat(probe.output()).isEqualTo(Probe.Output.TAG_PROBABILITIES);
      LinearMap map = probe.linear().orElseThrow();
      Scaling scaling = set.standardised().scaling();
      for (int tag = 0; tag < 2; tag++) {
        double[] weights = new double[4];
        double bias = map.bias()[tag];
        for (int j = 0; j < 4; j++) {
          weights[j] = map.weights()[tag][j] / scaling.scale()[j];
          bias += map.weights()[tag][j] * scaling.mean()[j];
        }
        double step = 1e-4;
        for (int j = 0; j < 4; j++) {
          double[] up = weights.clone();
          double[] down = weights.clone();
          up[j] += step;
          down[j] -= step;
          double slope =
              (loss(tags, tag, up, bias, strength) - loss(tags, tag, down, bias, strength))
                  / (2 * step);
          assertThat(slope).isCloseTo(0, within(3e-5));
        }
        double slope =
            (loss(tags, tag, weights, bias + step, strength)
                    - loss(tags, tag, weights, bias - step, strength))
                / (2 * step);
        assertThat(slope).isCloseTo(0, within(3e-5));
        assertThat(loss(tags, tag, weights, bias, strength))
            .isLessThan(loss(tags, tag, new double[4], 0, strength) - 1e-3);
      }
    }
  }

  @Test
  void strengthsAreInTheirOrderAndAreWhatTheyAreAlone() {
    try (TrainingSet set = set(classes(0))) {
      ProbeTrainer several = Trainers.logistic(0.01, 1, 0.1);
      List<Probe> probes = several.train(set);
      assertThat(several.settings()).containsExactly("L2 0.01", "L2 1.0", "L2 0.1");
      double[] strengths = {0.01, 1, 0.1};
      for (int s = 0; s < 3; s++) {
        Probe alone = Trainers.logistic(strengths[s]).train(set).get(0);
        assertClose(
            probes.get(s).predict(FEATURES, new int[] {0, 1, 2}),
            alone.predict(FEATURES, new int[] {0, 1, 2}),
            3e-4);
        assertClose(
            several.train(set, s).predict(FEATURES, new int[] {0, 1, 2}),
            alone.predict(FEATURES, new int[] {0, 1, 2}),
            1e-9);
      }
    }
  }

  @Test
  void aClassWithoutTrainingExamplesIsNeverPredicted() {
    Labels.Classes labels = classes(-0.8, 0.5);
    int[] without = IntStream.range(0, ROWS).filter(row -> labels.of()[row] != 1).toArray();
    int[] all = IntStream.range(0, ROWS).toArray();
    for (ProbeTrainer trainer : List.of(Trainers.logistic(0.1), Trainers.nearestCentroid())) {
      try (TrainingSet set = set(labels, without)) {
        double[][] predictions = trainer.train(set).get(0).predict(FEATURES, all);
        for (double[] row : predictions) {
          assertThat(row[1]).isLessThan(Math.min(row[0], row[2]) / 2 + 1e-9);
        }
      }
    }
  }

  @Test
  void ridgeRegressionIsScikitLearns() {
    double[][] values = new double[ROWS][2];
    for (int row = 0; row < ROWS; row++) {
      values[row][0] = 2 * FEATURES.at(row, 0) - FEATURES.at(row, 3) + 3;
      values[row][1] = Math.cos(FEATURES.at(row, 1));
    }
    try (TrainingSet set = set(new Labels.Numbers(List.of("a", "b"), values))) {
      List<Probe> probes = Trainers.ridge(0.3, 1e-9).train(set);
      assertClose(
          probes.get(0).predict(FEATURES, new int[] {0, 1, 50}),
          new double[][] {{-0.438886, -0.483629}, {-1.435144, 0.704368}, {3.635196, 0.534128}},
          1e-5);
      // without a penalty the linear number is found exactly, in the features' own units
      assertThat(probes.get(1).linear().orElseThrow().weights()[0])
          .containsExactly(new double[] {2, 0, 0, -1}, within(1e-5));
      assertThat(probes.get(1).direction(0)) // of a number its weights, whatever the others are
          .containsExactly(probes.get(1).linear().orElseThrow().weights()[0]);
      assertThat(probes.get(1).linear().orElseThrow().bias()[0]).isCloseTo(3, within(1e-5));
    }
  }

  @Test
  void massMeanIsTheDifferenceOfMeansWithTheThresholdBetweenThem() {
    Features features = Features.of(new double[][] {{0, 1}, {2, 1}, {5, 4}, {7, 8}, {6, 6}});
    Labels.Classes labels = new Labels.Classes(List.of("a", "b"), new int[] {0, 0, 1, 1, 1});
    int[] rows = {0, 1, 2, 3, 4};
    try (TrainingSet set =
        TrainingSet.of(features, labels, rows, 0, Origin.given("test", "here"))) {
      LinearMap map = Trainers.massMean().train(set).get(0).linear().orElseThrow();
      assertThat(map.direction(1)).containsExactly(5, 5); // (6, 6) - (1, 1)
      // the point between the means, (3.5, 3.5), is on neither side
      assertThat(map.of(Features.of(new double[][] {{3.5, 3.5}}), 0)).containsExactly(0, 0);
    }
  }

  @Test
  void nearestCentroidIsTheNearest() {
    Features features =
        Features.of(new double[][] {{0, 0}, {0, 2}, {10, 0}, {10, 2}, {5, 9}, {5, 11}, {4, 5}});
    Labels.Classes labels =
        new Labels.Classes(List.of("a", "b", "c"), new int[] {0, 0, 1, 1, 2, 2, 0});
    try (TrainingSet set =
        TrainingSet.of(
            features, labels, new int[] {0, 1, 2, 3, 4, 5}, 0, Origin.given("test", "here"))) {
      Probe probe = Trainers.nearestCentroid().train(set).get(0);
      double[] scores = probe.predict(features, new int[] {6})[0];
      double[] distances = {16 + 16, 36 + 16, 1 + 25}; // to (0, 1), (10, 1), (5, 10)
      for (int c = 1; c < 3; c++) {
        assertThat(scores[c] - scores[0])
            .isCloseTo((distances[0] - distances[c]) / 2, within(1e-9));
      }
    }
  }

  @Test
  void anIndependentConfoundIsIgnoredAndOneThatAgreesMisleadsTheMeansOnly() {
    assertThat(direction(Trainers.massMean(), 0.5)).isGreaterThan(0.95);
    assertThat(direction(Trainers.logistic(1e-3), 0.5)).isGreaterThan(0.95);
    assertThat(direction(Trainers.logistic(1e-3), 0.8)).isGreaterThan(0.95);
    assertThat(direction(Trainers.massMean(), 0.8)).isLessThan(0.85);
  }

  /** Returns the cosine of the probe's direction with the planted one. */
  private static double direction(ProbeTrainer trainer, double agreement) {
    Planted planted = Planted.draw(2000, agreement, 5);
    int[] all = IntStream.range(0, 2000).toArray();
    try (TrainingSet set =
        TrainingSet.of(
            planted.features(), planted.labels(), all, 0, Origin.given("test", "here"))) {
      double[] own = trainer.train(set).get(0).linear().orElseThrow().direction(1);
      return Planted.cosine(own, Planted.direction());
    }
  }

  @Test
  void aFeatureThatDoesNotVaryGetsNoWeight() {
    Features features =
        Features.of(new double[][] {{0, 7.3}, {1, 7.3}, {2, 7.3}, {3, 7.3}, {4, 7.3}, {5, 7.3}});
    Labels.Classes labels = new Labels.Classes(List.of("a", "b"), new int[] {0, 0, 0, 1, 1, 1});
    try (TrainingSet set =
        TrainingSet.of(
            features, labels, new int[] {0, 1, 2, 3, 4, 5}, 0, Origin.given("test", "here"))) {
      assertThat(Trainers.logistic(0.1).train(set).get(0).linear().orElseThrow().direction(1)[1])
          .isZero();
    }
  }

  @Test
  void wrongLabelsAndSettingsAreRefusedWithTheTrainerThatTakesThem() {
    Labels numbers = Labels.numbers("x", 1, 2, 3);
    Labels.Classes three = new Labels.Classes(List.of("a", "b", "c"), new int[] {0, 1, 2});
    Labels tags = new Labels.Tags(List.of("t"), new boolean[][] {{true}, {false}, {true}});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainers.logistic().check(numbers))
        .withMessageContaining("got numbers")
        .withMessageContaining("Trainers.ridge()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainers.ridge().check(three))
        .withMessageContaining("Trainers.logistic()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainers.logistic().check(tags))
        .withMessageContaining("Trainers.tags()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainers.massMean().check(three))
        .withMessageContaining("Trainers.nearestCentroid()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainers.logistic(0.1, 0))
        .withMessageContaining("above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Trainers.ridge(-1))
        .withMessageContaining("above 0");
  }

  @Test
  void aProbeRefusesFeaturesOfAnotherWidth() {
    try (TrainingSet set = set(classes(0))) {
      Probe probe = Trainers.logistic(0.1).train(set).get(0);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> probe.predict(Features.of(new float[6], 3), new int[] {0}))
          .withMessageContaining("trained on 4 features, these examples have 3");
    }
  }

  @Test
  void trainingSetsShareStandardisedFeaturesAndRefuseWhatCannotBeLearnt() {
    try (TrainingSet set = set(classes(0))) {
      assertThat(set.with(classes(0.5)).standardised()).isSameAs(set.standardised());
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> set(Labels.numbers("x", 1, 2, 3)))
        .withMessageContaining("not aligned");
    float[] values = FEATURES.values().clone();
    values[9] = Float.NaN;
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                TrainingSet.of(
                    Features.of(values, 4),
                    classes(0),
                    new int[] {0, 1, 2, 50},
                    0,
                    Origin.given("test", "layer 3")))
        .withMessageContaining("layer 3")
        .withMessageContaining("feature 1 of example 2 is NaN");
  }
}
