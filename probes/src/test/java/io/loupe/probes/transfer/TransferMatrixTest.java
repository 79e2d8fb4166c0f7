package io.loupe.probes.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.data.Spot;
import io.loupe.probes.data.SpotFeatures;
import io.loupe.probes.score.Scores;
import io.loupe.probes.sweep.ProbeOptions;
import io.loupe.probes.sweep.ProbeResults;
import io.loupe.probes.sweep.ProbeSweep;
import io.loupe.probes.testing.Planted;
import io.loupe.probes.trainer.Trainers;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.site.Sites;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransferMatrixTest {
  private static final ProbeOptions OPTIONS =
      ProbeOptions.usual().repeats(2).withoutControls().trainers(Trainers.logistic(1e-2));

  private static Side side(String name, Features features, Labelled labelled, long seed) {
    return new Side(
        name,
        features,
        labelled,
        ProbeSweep.train(features, labelled, Origin.given(name, name), OPTIONS, seed));
  }

  private static Labelled labelled(Labels labels, Labelled like, String prefix) {
    return new Labelled(
        prefix,
        labels,
        like.groups().stream().map(group -> prefix + group).toList(),
        like.types(),
        List.of());
  }

  /** Two tasks with one direction, and one with another. */
  @Test
  void probesTransferBetweenTasksThatShareADirectionAndToNoOther() {
    Planted one = Planted.draw(600, 0.5, 1);
    Planted two = Planted.draw(600, 0.5, 2);
    Planted three = Planted.draw(600, 0.5, 3);
    TransferMatrix matrix =
        TransferMatrix.of(
            List.of(
                side("one", one.features(), labelled(one.labels(), one.labelled(), "1 "), 1),
                side("two", two.features(), labelled(two.labels(), two.labelled(), "2 "), 1),
                side(
                    "other",
                    three.features(),
                    labelled(three.confound(), three.labelled(), "3 "),
                    1)));
    double[][] scores = matrix.scores();
    for (int i = 0; i < 3; i++) {
      assertThat(scores[i][i]).isGreaterThan(0.94);
      assertThat(matrix.cosines()[i][i]).isCloseTo(1, within(1e-9));
      assertThat(matrix.majority()[i]).isCloseTo(0.5, within(0.1));
    }
    assertThat(scores[0][1]).isGreaterThan(0.94);
    assertThat(scores[1][0]).isGreaterThan(0.94);
    assertThat(matrix.kept(0, 1)).isCloseTo(scores[0][1] / scores[1][1], within(1e-12));
    assertThat(matrix.cosines()[0][1]).isGreaterThan(0.9);
    for (int i = 0; i < 2; i++) {
      assertThat(scores[i][2]).isCloseTo(0.5, within(0.1));
      assertThat(scores[2][i]).isCloseTo(0.5, within(0.1));
      assertThat(matrix.cosines()[i][2]).isCloseTo(0, within(0.2));
    }
    assertThat(matrix.names()).containsExactly("one", "two", "other");
    assertThat(matrix.table().rows()).hasSize(4);
  }

  @Test
  void layersShareTheirPartitionsAndTheDiagonalIsTheSweepsOwnScore() {
    Planted planted = Planted.draw(300, 0.5, 1);
    float[] turned = planted.features().values().clone();
    for (int i = 0; i < turned.length; i++) {
      turned[i] = -turned[i]; // the same direction, the other way round
    }
    List<SpotFeatures> features =
        List.of(
            new SpotFeatures(new Spot(Sites.RESID_POST.at(0), Pooling.last()), planted.features()),
            new SpotFeatures(
                new Spot(Sites.RESID_POST.at(1), Pooling.last()),
                Features.of(turned, Planted.COLUMNS)));
    ProbeResults results = ProbeSweep.train(features, planted.labelled(), OPTIONS, 4);
    TransferMatrix matrix = TransferMatrix.of(Side.places(results, features));
    assertThat(matrix.names()).containsExactly("layer 0", "layer 1");
    for (int i = 0; i < 2; i++) {
      assertThat(matrix.scores()[i][i])
          .isCloseTo(results.at(Sites.RESID_POST.at(i)).value(), within(1e-12));
      // the probe's threshold is where features were centred: far away on turned ones
      assertThat(matrix.scores()[i][1 - i]).isLessThan(0.65);
    }
    assertThat(matrix.cosines()[0][1]).isCloseTo(-1, within(1e-3));
  }

  @Test
  void placesOfSeveralSitesAreNamedByBoth() {
    Planted planted = Planted.draw(60, 0.5, 1);
    List<SpotFeatures> features =
        List.of(
            new SpotFeatures(new Spot(Sites.RESID_PRE.at(0), Pooling.last()), planted.features()),
            new SpotFeatures(new Spot(Sites.RESID_POST.at(0), Pooling.last()), planted.features()));
    ProbeResults results = ProbeSweep.train(features, planted.labelled(), OPTIONS, 4);
    assertThat(Side.places(results, features).stream().map(Side::name))
        .containsExactly("resid_pre 0", "resid_post 0");
  }

  /** The same examples with other partitions: what a probe was trained on is not tested. */
  @Test
  void groupsThatAProbeWasTrainedOnAreLeftOut() {
    Planted planted = Planted.draw(200, 0.5, 1);
    Labelled labelled = planted.labelled();
    Side one = side("one", planted.features(), labelled, 1);
    Side two = side("two", planted.features(), labelled, 50);
    double expected = 0;
    for (int seed = 0; seed < 2; seed++) {
      var trained = one.trials().all().get(seed);
      List<String> seen =
          Arrays.stream(trained.partition().train()).mapToObj(labelled.groups()::get).toList();
      int[] unseen =
          Arrays.stream(two.trials().all().get(seed).partition().test())
              .filter(row -> !seen.contains(labelled.groups().get(row)))
              .toArray();
      assertThat(unseen.length)
          .isLessThan(two.trials().all().get(seed).partition().test().length / 2 + 10);
      expected +=
          Scores.of(trained.probe(), planted.features(), labelled.labels(), unseen).value() / 2;
    }
    assertThat(TransferMatrix.of(List.of(one, two)).scores()[0][1])
        .isCloseTo(expected, within(1e-12));
  }

  @Test
  void sidesThatDoNotFitAreRefused() {
    Planted planted = Planted.draw(200, 0.5, 1);
    Side one = side("one", planted.features(), planted.labelled(), 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TransferMatrix.of(List.of(one)))
        .withMessageContaining("at least two");
    float[] narrow = new float[200 * 3];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = planted.features().at(i / 3, i % 3);
    }
    Side other = side("narrow", Features.of(narrow, 3), planted.labelled(), 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TransferMatrix.of(List.of(one, other)))
        .withMessageContaining("narrow has 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Side("x", Features.of(narrow, 6), planted.labelled(), one.trials()))
        .withMessageContaining("100 rows");
  }
}
