package io.loupe.probes.saved;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.ProbeData;
import io.loupe.probes.data.Spot;
import io.loupe.probes.data.SpotFeatures;
import io.loupe.probes.sweep.ProbeOptions;
import io.loupe.probes.sweep.ProbeResults;
import io.loupe.probes.sweep.ProbeSweep;
import io.loupe.probes.testing.Planted;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.probes.trainer.Trainers;
import io.loupe.probes.tribuo.ActivationProvenance;
import io.loupe.probes.tribuo.TribuoProbe;
import io.loupe.probes.tribuo.TribuoTrainers;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SavedSweepTest {
  private static final Planted PLANTED = Planted.draw(200, 0.5, 1);
  private static final List<SpotFeatures> FEATURES =
      List.of(
          new SpotFeatures(new Spot(Sites.RESID_POST.at(0), Pooling.mean()), PLANTED.features()),
          new SpotFeatures(
              new Spot(Sites.RESID_POST.at(0), Pooling.span("subject")), PLANTED.features()));
  @TempDir Path folder;

  private static ProbeResults sweep(Labels labels, ProbeTrainer trainer) {
    Labelled planted = PLANTED.labelled();
    Labelled labelled =
        new Labelled("saved", labels, planted.groups(), planted.types(), planted.splits());
    return ProbeSweep.train(
        FEATURES, labelled, ProbeOptions.usual().repeats(2).trainers(trainer), 9);
  }

  private SavedSweep saved(ProbeResults results) throws IOException {
    SavedSweep.write(results, folder);
    return SavedSweep.read(folder);
  }

  @Test
  void aReloadedSweepHasTheSameProbesAndNumbers() throws IOException {
    boolean[][] has = new boolean[200][2];
    double[][] numbers = new double[200][2];
    for (int i = 0; i < 200; i++) {
      has[i][0] = PLANTED.labels().of()[i] == 1;
      has[i][1] = PLANTED.confound().of()[i] == 1;
      numbers[i][0] = PLANTED.features().at(i, 3) / 3.0;
      numbers[i][1] = i % 7;
    }
    Labels tags = new Labels.Tags(List.of("s", "t"), has);
    Labels regression = new Labels.Numbers(List.of("x", "y"), numbers);
    assertSame(sweep(PLANTED.labels(), Trainers.logistic(0.01, 0.1)));
    assertSame(sweep(PLANTED.labels(), TribuoTrainers.logisticSgd(0.1, 2)));
    assertSame(sweep(PLANTED.labels(), TribuoTrainers.linearSvm(0.01)));
    assertSame(sweep(PLANTED.labels(), TribuoTrainers.nearestNeighbours(5)));
    assertSame(sweep(tags, Trainers.tags(0.01)));
    assertSame(sweep(tags, TribuoTrainers.tagsSgd(0.1, 2)));
    assertSame(sweep(regression, Trainers.ridge(0.1)));
    assertSame(sweep(regression, TribuoTrainers.elasticNet(0.5, 0.01)));
  }

  private void assertSame(ProbeResults results) throws IOException {
    SavedSweep saved = saved(results);
    assertThat(saved.evaluate(FEATURES).largestDifference()).isZero();
    assertThat(saved.probes()).hasSize(4);
    assertThat(saved.probes().stream().map(SavedProbe::spot).distinct().toList())
        .isEqualTo(results.spots());
    assertThat(saved.origin()).isEqualTo(results.origin());
    assertThat(saved.labelled().groups()).isEqualTo(results.labelled().groups());
    assertThat(saved.labelled().types()).isEqualTo(results.labelled().types());
    int[] some = {0, 50, 199};
    for (int i = 0; i < 4; i++) {
      SavedProbe own = saved.probes().get(i);
      var trial = results.at(own.spot()).all().get(i % 2);
      assertThat(own.seed()).isEqualTo(9 + i % 2);
      assertThat(own.trainer()).isEqualTo(trial.trainer());
      assertThat(own.setting()).isEqualTo(trial.setting());
      assertThat(own.partition().test()).isEqualTo(trial.partition().test());
      assertThat(own.test()).isEqualTo(trial.test().values());
      assertThat(own.baselines()).containsEntry("majority", trial.majority().value());
      assertThat(own.probe().output()).isEqualTo(trial.probe().output());
      assertThat(own.probe().predict(PLANTED.features(), some))
          .isDeepEqualTo(trial.probe().predict(PLANTED.features(), some));
      assertThat(own.probe().linear().isPresent()).isEqualTo(trial.probe().linear().isPresent());
    }
  }

  @Test
  void activationsAreReadOffTheModelAgainAndAnotherModelIsRefused() throws IOException {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    Random random = new Random(1);
    long[][] rows = new long[60][];
    List<String> labels = new ArrayList<>();
    for (int row = 0; row < 60; row++) {
      rows[row] = random.longs(4 + row % 5, 0, 128).toArray();
      labels.add(rows[row][0] < 64 ? "low" : "high");
    }
    ProbeData data =
        ProbeData.rows("first", Tokens.padded(Tokens.Padding.RIGHT, rows), Labels.classes(labels));
    ProbeOptions options =
        ProbeOptions.usual()
            .repeats(1)
            .withoutControls()
            .trainers(TribuoTrainers.logisticSgd(0.1, 1))
            .poolings(Pooling.at(0), Pooling.last());
    SavedSweep saved = saved(ProbeSweep.train(model, Sites.RESID_POST, data, options, 4));
    assertThat(saved.evaluate(model, data).largestDifference()).isZero();
    assertThat(saved.origin().weightsSha256()).isNotEmpty();
    assertThat(saved.origin().tokensSha256()).hasSize(64);
    TribuoProbe probe = (TribuoProbe) saved.probes().get(0).probe();
    ActivationProvenance provenance =
        (ActivationProvenance)
            probe.model().getProvenance().getDatasetProvenance().getSourceProvenance();
    assertThat(provenance.part("weightsSha256")).contains(saved.origin().weightsSha256());
    assertThat(provenance.part("tokensSha256")).contains(saved.origin().tokensSha256());
    assertThat(provenance.part("place")).contains("token at 0");
    assertThat(provenance.part("seed")).contains("4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> saved.evaluate(TinyModels.llama(LoadOptions.DEFAULT), data))
        .withMessageContaining("weightsSha256 was");
    rows[3][1] = (rows[3][1] + 1) % 128;
    ProbeData other =
        ProbeData.rows("first", Tokens.padded(Tokens.Padding.RIGHT, rows), Labels.classes(labels));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> saved.evaluate(model, other))
        .withMessageContaining("tokensSha256 was");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> saved.evaluate(FEATURES))
        .withMessageContaining("There are no features of");
  }

  @Test
  void whatIsNoSavedSweepIsRefusedWithTheFilesName() throws IOException {
    assertThatExceptionOfType(SavedSweepException.class)
        .isThrownBy(() -> SavedSweep.read(folder))
        .withMessageContaining("SavedSweep.write");
    SavedSweep.write(sweep(PLANTED.labels(), Trainers.logistic(0.1)), folder);
    Path file = folder.resolve("sweep.json");
    String json = Files.readString(file);
    for (String damaged :
        List.of(
            json.substring(0, json.length() / 2),
            json.replace("loupe-probe-sweep", "something"),
            json.replace("\"partition\":1", "\"partition\":7"),
            json.replace("PROBABILITIES", "OPINIONS"),
            json.replace("\"groups\"", "\"gruppen\""))) {
      Files.writeString(file, damaged);
      assertThatExceptionOfType(SavedSweepException.class)
          .isThrownBy(() -> SavedSweep.read(folder))
          .withMessageContaining("sweep.json");
    }
  }
}
