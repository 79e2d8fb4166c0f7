package io.loupe.probes.causal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.probes.data.FeatureCapture;
import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.ProbeData;
import io.loupe.probes.data.Spot;
import io.loupe.probes.sweep.ProbeOptions;
import io.loupe.probes.sweep.ProbeResults;
import io.loupe.probes.sweep.ProbeSweep;
import io.loupe.probes.testing.Planted;
import io.loupe.probes.trainer.Probe;
import io.loupe.probes.trainer.Trainers;
import io.loupe.probes.tribuo.TribuoTrainers;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CausalTest {
  private static final HookedTransformer MODEL = TinyModels.gpt2(LoadOptions.DEFAULT);
  private static final HookPoint LAST = Sites.RESID_POST.at(2);
  private static final Spot SPOT = new Spot(LAST, Pooling.last());
  private static final Metric METRIC = Metrics.logitDifference(7, 9);
  private static final Tokens TOKENS = tokens(300, 1);
  private static final Tokens PROMPTS = tokens(12, 2);

  /** The label is which of the two logits is larger at the end: what the model's output is. */
  private static final ProbeResults OUTPUT = sweep(METRIC, "7 before 9");

  private static Tokens tokens(int rows, long seed) {
    Random random = new Random(seed);
    long[][] ids = new long[rows][];
    Arrays.setAll(ids, row -> random.longs(6, 0, 128).toArray());
    return Tokens.of(ids);
  }

  private static ProbeResults sweep(Metric metric, String name) {
    double[] values;
    try (Run run = MODEL.run(TOKENS)) {
      values = metric.perExample(run);
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double median = sorted[150];
    List<Boolean> labels = Arrays.stream(values).mapToObj(x -> x > median).toList();
    ProbeData data = ProbeData.rows(name, TOKENS, Labels.truth(labels));
    return ProbeSweep.train(
        MODEL,
        Sites.RESID_POST,
        data,
        ProbeOptions.usual().repeats(1).trainers(Trainers.logistic(1e-3, 1e-2)),
        1);
  }

  private static double[] metric(Tokens tokens, Intervention... interventions) {
    try (Run run = MODEL.with(interventions).run(tokens)) {
      return METRIC.perExample(run);
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static Features features(HookedTransformer model) {
    ProbeData data = ProbeData.rows("x", TOKENS, OUTPUT.labelled().labels());
    return FeatureCapture.of(model, data, List.of(LAST), List.of(Pooling.last())).get(0).features();
  }

  @Test
  void addedOnceItMovesTheProbesOwnReadingFromOneClassToTheOther() {
    ProbeDirection direction = ProbeDirection.of(OUTPUT, SPOT, "true");
    assertThat(direction.score()).isEqualTo(OUTPUT.at(SPOT).value());
    assertThat(direction.vector().at()).isEqualTo(LAST);
    Probe probe = OUTPUT.at(SPOT).first().probe();
    int[] train = OUTPUT.at(SPOT).first().partition().train();
    Features plain = features(MODEL);
    Features steered = features(MODEL.with(direction.vector().add(1)));
    int[] of = ((Labels.Classes) OUTPUT.labelled().labels()).of();
    double[] sums = new double[2];
    int[] counts = new int[2];
    double moved = 0;
    for (int row : train) {
      double before = dot(probe.direction(1), plain.row(row));
      sums[of[row]] += before;
      counts[of[row]]++;
      moved += (dot(probe.direction(1), steered.row(row)) - before) / train.length;
    }
    double gap = sums[1] / counts[1] - sums[0] / counts[0];
    assertThat(gap).isGreaterThan(0);
    assertThat(moved).isCloseTo(gap, within(1e-3 * gap));
    // projected out, the probe reads the same of all
    Features without = features(MODEL.with(direction.vector().projectOut(Slice.ALL)));
    for (int row : train) {
      assertThat(dot(probe.direction(1), without.row(row))).isCloseTo(0, within(1e-3 * gap));
    }
  }

  @Test
  void aProbeOfFeaturesThatDoNotVaryHasNoDirection() {
    List<Boolean> labels = IntStream.range(0, 30).mapToObj(i -> i % 2 == 0).toList();
    long[][] rows = new long[30][];
    Arrays.setAll(rows, row -> new long[] {row, 5});
    ProbeData data = ProbeData.rows("constant", Tokens.of(rows), Labels.truth(labels));
    ProbeResults results =
        ProbeSweep.train(
            MODEL,
            List.of(Sites.EMBED.here()),
            data,
            ProbeOptions.usual().repeats(1).trainers(Trainers.logistic(0.1)),
            1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ProbeDirection.of(results, results.best(), "true"))
        .withMessageContaining("its features do not vary");
  }

  private static double dot(double[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void effectsAreThoseOfPlainRunsAndTheModelsOwnOutputDirectionBeatsRandomOnes() {
    CausalEffects effects =
        CausalEffects.of(MODEL, OUTPUT, "true", PROMPTS, METRIC, Slice.positions(-1), 4, 3);
    assertThat(effects.places()).hasSize(3);
    assertThat(effects.baseline()).containsExactly(metric(PROMPTS), within(1e-4));
    for (CausalEffects.Place place : effects.places()) {
      var vector = place.direction().vector();
      Slice end = Slice.positions(-1);
      assertThat(place.added()).containsExactly(metric(PROMPTS, vector.add(1, end)), within(1e-4));
      assertThat(place.subtracted())
          .containsExactly(metric(PROMPTS, vector.add(-1, end)), within(1e-4));
      assertThat(place.removed())
          .containsExactly(metric(PROMPTS, vector.projectOut(end)), within(1e-4));
      assertThat(place.randomAdded()).hasDimensions(4, 12);
      assertThat(place.randomRemoved()).hasDimensions(4, 12);
    }
    CausalEffects.Place last = effects.at(SPOT);
    assertThat(effects.effect(last.added()))
        .isGreaterThan(3 * effects.randomEffect(last.randomAdded()));
    assertThat(effects.effect(last.subtracted())).isLessThan(0);
    assertThat(effects.effect(effects.baseline())).isZero();
    assertThat(effects.interval(last.added(), 1).low()).isPositive();
    assertThat(effects.table().rows()).hasSize(3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CausalEffects.of(MODEL, OUTPUT, "true", PROMPTS, METRIC, Slice.ALL, 0, 3))
        .withMessageContaining("random");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ProbeDirection.of(OUTPUT, SPOT, "maybe"))
        .withMessageContaining("[false, true]");
  }

  @Test
  void withoutItsOutputDirectionTheModelForgetsAndWithoutRandomOnesItDoesNot() {
    ProbeDirection direction = ProbeDirection.of(OUTPUT, SPOT, "true");
    float[][] own = {direction.vector().values()};
    // how far the metric is from its mean: what is left of the model's decision
    Metric decision =
        (logits, tokens) -> {
          var values = METRIC.perExample(logits, tokens);
          return values.sub(mean(metric(PROMPTS))).abs();
        };
    AmnesicProbing amnesic = AmnesicProbing.of(MODEL, LAST, own, PROMPTS, METRIC, Slice.ALL, 5, 2);
    assertThat(amnesic.baseline()).containsExactly(metric(PROMPTS), within(1e-4));
    assertThat(amnesic.amnesic())
        .containsExactly(
            metric(PROMPTS, Interventions.projectOut(LAST, Slice.ALL, own)), within(1e-4));
    assertThat(amnesic.effect())
        .isCloseTo(mean(amnesic.amnesic()) - mean(amnesic.baseline()), within(1e-9));
    AmnesicProbing forgotten =
        AmnesicProbing.of(MODEL, LAST, own, PROMPTS, decision, Slice.ALL, 5, 2);
    assertThat(forgotten.effect()).isNegative();
    assertThat(forgotten.effect()).isLessThan(2 * forgotten.randomEffect());
    assertThat(forgotten.specific(1).high()).isNegative();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> AmnesicProbing.of(MODEL, LAST, new float[0][], PROMPTS, METRIC, Slice.ALL, 5, 2))
        .withMessageContaining("got 0 and 5");
  }

  @Test
  void nullspaceProjectionTakesOutAllThatProbesReadAndLeavesTheRest() {
    Planted planted = Planted.draw(1500, 0.5, 1);
    NullspaceProjection projection =
        NullspaceProjection.of(
            planted.features(), planted.labelled(), Trainers.logistic(1e-2), 10, 1);
    assertThat(projection.steps().get(0).score()).isGreaterThan(0.95);
    var last = projection.steps().get(projection.steps().size() - 1);
    assertThat(last.score()).isCloseTo(0.5, within(0.07));
    assertThat(last.removed()).isEqualTo(projection.directions().length).isLessThan(6);
    float[][] directions = projection.directions();
    for (int i = 0; i < directions.length; i++) {
      for (int j = 0; j <= i; j++) {
        double[] other = new double[Planted.COLUMNS];
        for (int k = 0; k < other.length; k++) {
          other[k] = directions[j][k];
        }
        assertThat(dot(other, directions[i])).isCloseTo(i == j ? 1 : 0, within(1e-5));
      }
    }
    assertThat(Math.abs(dot(Planted.direction(), directions[0]))).isGreaterThan(0.95);
    // what is left says nothing of the class, and the confound is still there
    Features left = projection.project(planted.features());
    assertThat(
            NullspaceProjection.of(left, planted.labelled(), Trainers.logistic(1e-2), 1, 7)
                .steps()
                .get(0)
                .score())
        .isCloseTo(0.5, within(0.08));
    var confound =
        new Labelled(
            "confound",
            planted.confound(),
            planted.labelled().groups(),
            planted.labelled().types(),
            List.of());
    assertThat(
            NullspaceProjection.of(left, confound, Trainers.logistic(1e-2), 1, 7)
                .steps()
                .get(0)
                .score())
        .isGreaterThan(0.95);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                NullspaceProjection.of(
                    planted.features(),
                    planted.labelled(),
                    TribuoTrainers.nearestNeighbours(3),
                    2,
                    1))
        .withMessageContaining("not linear");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> projection.project(Features.of(new float[4], 2)))
        .withMessageContaining("20 entries");
  }

  @Test
  void theProjectionActsOnAModelAsItDoesOnFeatures() {
    Features plain = features(MODEL);
    ProbeData data = ProbeData.rows("x", TOKENS, OUTPUT.labelled().labels());
    NullspaceProjection projection =
        NullspaceProjection.of(plain, data.labelled(), Trainers.logistic(1e-2), 3, 1);
    Features edited = features(MODEL.with(projection.intervention(LAST, Slice.ALL)));
    Features expected = projection.project(plain);
    for (int row = 0; row < 300; row += 50) {
      for (int j = 0; j < expected.columns(); j++) {
        assertThat((double) edited.at(row, j)).isCloseTo(expected.at(row, j), within(1e-4));
      }
    }
  }
}
