package io.loupe.probes.tribuo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.score.Scores;
import io.loupe.probes.testing.Planted;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.probes.trainer.Scaling;
import io.loupe.probes.trainer.Trainers;
import io.loupe.probes.trainer.TrainingSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tribuo.Model;

/** Tribuo's trainers on planted signals, and ours against Tribuo's. */
class TribuoTrainersTest {
  private static final Planted PLANTED = Planted.draw(1200, 0.5, 1);
  private static final int[] TRAIN = IntStream.range(0, 900).toArray();
  private static final int[] TEST = IntStream.range(900, 1200).toArray();

  private static TrainingSet set(Labels labels) {
    return TrainingSet.of(PLANTED.features(), labels, TRAIN, 3, Origin.given("test", "here"));
  }

  private static List<Probe> train(ProbeTrainer trainer, Labels labels) {
    try (TrainingSet set = set(labels)) {
      return trainer.train(set);
    }
  }

  /** Four classes: those of the planted direction and the confound together. */
  private static Labels.Classes four() {
    int[] of =
        IntStream.range(0, 1200)
            .map(i -> 2 * PLANTED.labels().of()[i] + PLANTED.confound().of()[i])
            .toArray();
    return new Labels.Classes(List.of("a", "b", "c", "d"), of);
  }

  private static double accuracy(Probe probe, Labels labels) {
    return Scores.of(probe, PLANTED.features(), labels, TEST).value();
  }

  /** The linear map in the features' own units must say what Tribuo's model says. */
  private static void assertMapIsTheModel(Probe probe, boolean softmax) {
    LinearMap map = probe.linear().orElseThrow();
    double[][] predictions = probe.predict(PLANTED.features(), TEST);
    for (int i = 0; i < TEST.length; i++) {
      double[] own = map.of(PLANTED.features(), TEST[i]);
      double sum = IntStream.range(0, own.length).mapToDouble(c -> Math.exp(own[c])).sum();
      for (int c = 0; c < own.length; c++) {
        double expected = softmax ? Math.exp(own[c]) / sum : own[c];
        assertThat(predictions[i][c]).isCloseTo(expected, within(1e-6 * (1 + Math.abs(expected))));
      }
    }
  }

  @Test
  void logisticRegressionBySgdFindsTheDirection() {
    Probe probe = train(TribuoTrainers.logisticSgd(0.1, 10), PLANTED.labels()).get(0);
    assertThat(accuracy(probe, PLANTED.labels())).isGreaterThan(0.95);
    assertThat(Planted.cosine(probe.linear().orElseThrow().direction(1), Planted.direction()))
        .isGreaterThan(0.95);
    assertMapIsTheModel(probe, true);
    Probe ofFour = train(TribuoTrainers.logisticSgd(0.1, 10), four()).get(0);
    assertThat(accuracy(ofFour, four())).isGreaterThan(0.93);
    assertMapIsTheModel(ofFour, true);
  }

  @Test
  void libLinearAndOursAgreeAtTheSamePenalty() {
    double strength = 1e-3;
    double cost = 1 / (strength * TRAIN.length); // LibLinear sums losses and halves the penalty
    Probe theirs = train(TribuoTrainers.logisticLibLinear(cost), PLANTED.labels()).get(0);
    Probe ours = train(Trainers.logistic(strength), PLANTED.labels()).get(0);
    assertThat(
            Planted.cosine(
                theirs.linear().orElseThrow().direction(1),
                ours.linear().orElseThrow().direction(1)))
        .isGreaterThan(0.9999);
    assertMapIsTheModel(theirs, true);
    double[][] their = theirs.predict(PLANTED.features(), TEST);
    double[][] our = ours.predict(PLANTED.features(), TEST);
    for (int i = 0; i < TEST.length; i++) {
      assertThat(our[i]).containsExactly(their[i], within(0.02));
    }
    // where they differ: LibLinear penalises the bias too, which leaves residuals that sum to it
    LinearMap map = theirs.linear().orElseThrow();
    double[] direction = map.direction(1);
    double bias = map.bias()[1] - map.bias()[0];
    double[] mean = Scaling.of(PLANTED.features(), TRAIN).mean();
    for (int j = 0; j < mean.length; j++) {
      bias += direction[j] * mean[j];
    }
    assertThat(residual(theirs)).isCloseTo(-strength * bias, within(1e-4));
    assertThat(residual(ours)).isCloseTo(0, within(1e-5));
  }

  /** Returns the mean of what is predicted of the second class minus what is. */
  private static double residual(Probe probe) {
    double[][] predictions = probe.predict(PLANTED.features(), TRAIN);
    return IntStream.range(0, TRAIN.length)
        .mapToDouble(i -> predictions[i][1] - PLANTED.labels().of()[TRAIN[i]])
        .average()
        .orElseThrow();
  }

  @Test
  void sgdWithoutPenaltyComesNearOursWithAWeakOne() {
    Probe theirs = train(TribuoTrainers.logisticSgd(0.5, 200), four()).get(0);
    Probe ours = train(Trainers.logistic(1e-4), four()).get(0);
    double[][] their = theirs.predict(PLANTED.features(), TEST);
    double[][] our = ours.predict(PLANTED.features(), TEST);
    double difference = 0;
    for (int i = 0; i < TEST.length; i++) {
      for (int c = 0; c < 4; c++) {
        difference += Math.abs(their[i][c] - our[i][c]) / TEST.length / 4;
      }
    }
    assertThat(difference).isLessThan(0.01);
  }

  @Test
  void theLinearSupportVectorMachineFindsTheDirection() {
    List<Probe> probes = train(TribuoTrainers.linearSvm(0.001, 0.1), PLANTED.labels());
    assertThat(probes).hasSize(2);
    for (Probe probe : probes) {
      assertThat(probe.output()).isEqualTo(Probe.Output.MARGINS);
      assertThat(accuracy(probe, PLANTED.labels())).isGreaterThan(0.95);
      assertThat(Planted.cosine(probe.linear().orElseThrow().direction(1), Planted.direction()))
          .isGreaterThan(0.95);
    }
    Probe ofFour = train(TribuoTrainers.linearSvm(0.01), four()).get(0);
    assertThat(accuracy(ofFour, four())).isGreaterThan(0.93);
    assertMapIsTheModel(ofFour, false);
    Probe logistic = train(TribuoTrainers.logisticLibLinear(0.1), four()).get(0);
    assertThat(accuracy(logistic, four())).isGreaterThan(0.93);
  }

  @Test
  void theElasticNetWithAlmostNoLassoIsOurRidgeRegression() {
    double[] along = new double[1200];
    Random random = new Random(1);
    for (int i = 0; i < 1200; i++) {
      for (int j = 0; j < Planted.COLUMNS; j++) {
        along[i] += PLANTED.features().at(i, j) * Planted.direction()[j];
      }
      along[i] += 7 + random.nextGaussian();
    }
    Labels numbers = Labels.numbers("x", along);
    Probe theirs = train(TribuoTrainers.elasticNet(1e-6, 0.2), numbers).get(0);
    Probe ours = train(Trainers.ridge(0.2), numbers).get(0);
    assertMapIsTheModel(theirs, false);
    double[] their = theirs.linear().orElseThrow().weights()[0];
    assertThat(ours.linear().orElseThrow().weights()[0]).containsExactly(their, within(2e-3));
    assertThat(Scores.of(theirs, PLANTED.features(), numbers, TEST).value()).isGreaterThan(0.7);
    // the lasso drops features that say nothing
    LinearMap lasso =
        train(TribuoTrainers.elasticNet(1, 0.2), numbers).get(0).linear().orElseThrow();
    for (int j = 9; j < Planted.COLUMNS; j++) {
      assertThat(lasso.weights()[0][j]).isCloseTo(0, within(1e-9));
    }
    assertThat(Planted.cosine(lasso.weights()[0], Planted.direction())).isGreaterThan(0.95);
  }

  @Test
  void tagsBySgdAreFoundEachOnItsOwn() {
    boolean[][] has = new boolean[1200][2];
    for (int i = 0; i < 1200; i++) {
      has[i][0] = PLANTED.labels().of()[i] == 1;
      has[i][1] = PLANTED.confound().of()[i] == 1;
    }
    Labels.Tags tags = new Labels.Tags(List.of("class", "confound"), has);
    Probe probe = train(TribuoTrainers.tagsSgd(0.1, 20), tags).get(0);
    assertThat(accuracy(probe, tags)).isGreaterThan(0.95);
    LinearMap map = probe.linear().orElseThrow();
    assertThat(Planted.cosine(map.weights()[0], Planted.direction())).isGreaterThan(0.93);
    assertThat(Planted.cosine(map.weights()[1], Planted.confounding())).isGreaterThan(0.93);
    Probe ours = train(Trainers.tags(1e-3), tags).get(0);
    double[][] their = probe.predict(PLANTED.features(), TEST);
    double[][] our = ours.predict(PLANTED.features(), TEST);
    int differ = 0;
    for (int i = 0; i < TEST.length; i++) {
      for (int t = 0; t < 2; t++) {
        differ += our[i][t] > 0.5 == their[i][t] > 0.5 ? 0 : 1;
      }
    }
    assertThat(differ).isLessThan(12);
  }

  @Test
  void theNearestNeighboursAreTheNearest() {
    Labels.Classes labels = four();
    Probe probe = train(TribuoTrainers.nearestNeighbours(1, 9), labels).get(1);
    assertThat(probe.linear()).isEmpty();
    Scaling scaling = Scaling.of(PLANTED.features(), TRAIN);
    int[] some = {900, 950, 1000, 1100};
    double[][] predictions = probe.predict(PLANTED.features(), some);
    for (int i = 0; i < some.length; i++) {
      double[] own = scaling.row(PLANTED.features(), some[i]);
      List<Integer> nearest = new ArrayList<>(IntStream.of(TRAIN).boxed().toList());
      nearest.sort(
          Comparator.comparingDouble(row -> distance(own, scaling.row(PLANTED.features(), row))));
      double[] votes = new double[4];
      nearest.subList(0, 9).forEach(row -> votes[labels.of()[row]] += 1 / 9.0);
      assertThat(predictions[i]).containsExactly(votes, within(1e-9));
    }
    assertThat(accuracy(probe, labels)).isGreaterThan(0.85);
  }

  private static double distance(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(j -> (a[j] - b[j]) * (a[j] - b[j])).sum();
  }

  /** A class that no training example has must be scored, and lose. */
  @Test
  void aClassWithoutTrainingExamplesIsNeverPredicted() {
    Labels.Classes labels = four();
    int[] without = IntStream.of(TRAIN).filter(row -> labels.of()[row] != 2).toArray();
    for (ProbeTrainer trainer : TribuoTrainers.ofClasses()) {
      try (TrainingSet set =
          TrainingSet.of(PLANTED.features(), labels, without, 3, Origin.given("test", "here"))) {
        for (Probe probe : trainer.train(set)) {
          for (double[] row : probe.predict(PLANTED.features(), TEST)) {
            assertThat(row[2]).isLessThan(Math.max(row[0], Math.max(row[1], row[3])));
          }
        }
      }
    }
  }

  @Test
  void theSameSeedTrainsTheSameProbe() {
    ProbeTrainer trainer = TribuoTrainers.logisticSgd(0.1, 3);
    double[] first =
        train(trainer, PLANTED.labels()).get(0).predict(PLANTED.features(), new int[] {901})[0];
    double[] again =
        train(trainer, PLANTED.labels()).get(0).predict(PLANTED.features(), new int[] {901})[0];
    assertThat(again).isEqualTo(first);
  }

  @Test
  void aModelRemembersItsActivationsThroughTribuosOwnFiles() {
    Origin origin =
        new Origin("loupe-lm", "abc", "def", "raw", "[]", "data", "123", "resid_post 3");
    try (TrainingSet set =
        TrainingSet.of(PLANTED.features(), PLANTED.labels(), TRAIN, 77, origin)) {
      TribuoProbe probe = (TribuoProbe) TribuoTrainers.logisticSgd(0.1, 2).train(set).get(0);
      Model<?> loaded = Model.deserialize(probe.model().serialize());
      ActivationProvenance provenance =
          (ActivationProvenance)
              loaded.getProvenance().getDatasetProvenance().getSourceProvenance();
      assertThat(provenance.part("model")).contains("loupe-lm");
      assertThat(provenance.part("weightsSha256")).contains("abc");
      assertThat(provenance.part("tokensSha256")).contains("123");
      assertThat(provenance.part("place")).contains("resid_post 3");
      assertThat(provenance.part("seed")).contains("77");
      assertThat(provenance.part("examples")).contains("900");
      assertThat(provenance).isEqualTo(new ActivationProvenance(origin, 77, 900));
    }
  }

  @Test
  void wrongLabelsAndSettingsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> train(TribuoTrainers.linearSvm(1), Labels.numbers("x", new double[1200])));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TribuoTrainers.linearSvm(1).check(Labels.numbers("x", 1, 2)))
        .withMessageContaining("Trainers.ridge()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TribuoTrainers.elasticNet(1, 0.1).check(PLANTED.labels()))
        .withMessageContaining("Trainers.logistic()");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TribuoTrainers.nearestNeighbours())
        .withMessageContaining("at least one setting");
    Probe probe = train(TribuoTrainers.linearSvm(1), PLANTED.labels()).get(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> probe.predict(Features.of(new float[3], 3), new int[] {0}))
        .withMessageContaining("trained on 20 features");
  }
}
