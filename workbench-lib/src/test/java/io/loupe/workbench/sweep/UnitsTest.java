package io.loupe.workbench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ablation sweeps of every kind of unit against one plain run with interventions for each. */
class UnitsTest {
  private static final Tokens TOKENS =
      Tokens.of(
          new long[] {1, 12, 3, 14, 5}, new long[] {9, 8, 17, 30, 2}, new long[] {4, 4, 11, 6, 7});
  private static final Tokens REFERENCE =
      Tokens.of(
          new long[] {25, 6, 7, 8, 1}, new long[] {1, 31, 2, 2, 9}, new long[] {3, 14, 15, 9, 2});
  private static final Metric LAST = Metrics.logitDifference(7, 9);
  private static final long SEED = 5;

  static Stream<Path> families() throws IOException {
    return Files.list(Expected.folder("golden")).filter(Files::isDirectory).sorted();
  }

  private record Way(
      Ablation.Kind kind,
      BiFunction<HookedTransformer, Metric, AblationSweep> sweep,
      Making intervention) {}

  private interface Making {
    Intervention of(HookPoint at, Slice slice, ActivationCache reference);
  }

  private static final List<Way> WAYS =
      List.of(
          new Way(Ablation.Kind.ZERO, AblationSweep::zero, (at, s, c) -> Interventions.zero(at, s)),
          new Way(
              Ablation.Kind.MEAN,
              (m, metric) -> AblationSweep.mean(m, metric, REFERENCE),
              Interventions::mean),
          new Way(
              Ablation.Kind.MEAN_PER_POSITION,
              (m, metric) -> AblationSweep.meanPerPosition(m, metric, REFERENCE),
              Interventions::meanPerPosition),
          new Way(
              Ablation.Kind.RESAMPLE,
              (m, metric) -> AblationSweep.resample(m, metric, REFERENCE, SEED),
              (at, s, c) -> Interventions.resample(at, s, c, SEED)));

  private static List<Intervention> interventions(
      List<Unit> units, Making making, ActivationCache reference) {
    List<Intervention> all = new ArrayList<>();
    for (Unit unit : units) {
      switch (unit.kind()) {
        case HEAD ->
            all.add(
                making.of(Sites.Z.at(unit.layer()), Slice.at(Axis.HEAD, unit.index()), reference));
        case MLP -> all.add(making.of(Sites.MLP_OUT.at(unit.layer()), Slice.ALL, reference));
        case ATTENTION -> all.add(making.of(Sites.ATTN_OUT.at(unit.layer()), Slice.ALL, reference));
        case LAYER -> {
          all.add(making.of(Sites.ATTN_OUT.at(unit.layer()), Slice.ALL, reference));
          all.add(making.of(Sites.MLP_OUT.at(unit.layer()), Slice.ALL, reference));
        }
      }
    }
    return all;
  }

  /** In float64; each family one way of ablating, in turn, with a metric of each sort. */
  @ParameterizedTest
  @MethodSource("families")
  void everyUnitEqualsOneRunWithInterventions(Path folder) throws IOException {
    HookedTransformer model = HookedTransformer.load(folder, LoadOptions.DOUBLE);
    int turn = families().toList().indexOf(folder);
    Way way = WAYS.get(turn % WAYS.size());
    Metric metric = turn % 3 == 0 ? Metrics.loss() : LAST;
    ActivationCache reference =
        model.run(REFERENCE, Capture.of(Sites.Z, Sites.MLP_OUT, Sites.ATTN_OUT)).cache();
    AblationSweep sweep = way.sweep().apply(model, metric);
    double[] baseline = metric.perExample(model.run(TOKENS));
    for (AblationEffects effects :
        List.of(
            sweep.heads(TOKENS),
            sweep.mlps(TOKENS),
            sweep.attentions(TOKENS),
            sweep.layers(TOKENS))) {
      assertThat(effects.baselines()).containsExactly(baseline, within(1e-9));
      assertThat(effects.ablation().kind()).isEqualTo(way.kind());
      for (Unit unit : effects.units()) {
        List<Intervention> edits = interventions(List.of(unit), way.intervention(), reference);
        double[] naive = Effects.minus(metric.perExample(model.with(edits).run(TOKENS)), baseline);
        assertThat(effects.perExample(unit))
            .as("%s of %s", way.kind(), unit)
            .containsExactly(naive, within(1e-9));
      }
      List<Intervention> all = interventions(effects.units(), way.intervention(), reference);
      assertThat(effects.allAblated())
          .containsExactly(metric.perExample(model.with(all).run(TOKENS)), within(1e-9));
    }
  }

  @Test
  void unitsOfSeveralKindsAndJointEffects() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    AblationSweep sweep = AblationSweep.zero(model, LAST);
    List<Unit> mixed =
        List.of(Unit.mlp(1), Unit.head(1, 2), Unit.head(2, 0), Unit.attention(0), Unit.layer(2));
    JointEffect joint = sweep.joint(mixed, TOKENS);
    double[] together = sweep.together(mixed, TOKENS);
    List<Intervention> edits =
        interventions(mixed, WAYS.get(0).intervention(), model.run(TOKENS).cache());
    double[] naive = LAST.perExample(model.with(edits).run(TOKENS));
    double[] baseline = LAST.perExample(model.run(TOKENS));
    assertThat(together).containsExactly(naive, within(1e-9));
    assertThat(joint.joint()).isCloseTo(Effects.mean(Effects.minus(naive, baseline)), within(1e-9));
    double sum =
        mixed.stream()
            .mapToDouble(
                unit ->
                    Effects.mean(Effects.minus(sweep.together(List.of(unit), TOKENS), baseline)))
            .sum();
    assertThat(joint.sum()).isCloseTo(sum, within(1e-9));
    assertThat(joint.interaction()).isCloseTo(joint.joint() - sum, within(1e-9));
    assertThat(joint.interval(1).low()).isLessThanOrEqualTo(joint.interaction());
    assertThat(joint.interval(1).high()).isGreaterThanOrEqualTo(joint.interaction());
    assertThat(joint.table().rows()).hasSize(3);
  }

  @Test
  void controlsHaveAsManyUnitsOfEachKindAndNoneOfTheSet() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    AblationSweep sweep = AblationSweep.zero(model, LAST);
    List<Unit> set = List.of(Unit.mlp(1), Unit.head(0, 3));
    RandomControl control = sweep.againstRandom(set, TOKENS, 8, 3);
    assertThat(control.perExample()).hasSize(3);
    List<Double> possible = new ArrayList<>();
    double[] baseline = LAST.perExample(model.run(TOKENS));
    for (Unit mlp : List.of(Unit.mlp(0), Unit.mlp(2))) {
      for (Unit head : Unit.all(model.config(), Unit.Kind.HEAD)) {
        if (!set.contains(head)) {
          double[] ablated = sweep.together(List.of(mlp, head), TOKENS);
          possible.add(Effects.mean(Effects.minus(ablated, baseline)));
        }
      }
    }
    for (double effect : control.randomEffects()) {
      assertThat(possible).anySatisfy(each -> assertThat(each).isCloseTo(effect, within(1e-9)));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sweep.againstRandom(Unit.of(HeadSet.all(3, 4)), TOKENS, 3, 1))
        .withMessageContaining("12 heads cannot be drawn from 0 heads");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sweep.againstRandom(set, TOKENS, 0, 1))
        .withMessageContaining("at least one");
  }

  @Test
  void resultsShowThemselves() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    AblationEffects mlps = AblationSweep.mean(model, LAST, REFERENCE).mlps(TOKENS);
    assertThat(mlps.table().rows()).hasSize(3);
    assertThat(mlps.table().rows().get(1)).startsWith(Unit.mlp(1), mlps.effect(Unit.mlp(1)));
    assertThat(mlps.display().data()).containsKey("image/svg+xml");
    assertThat(mlps.toString()).contains("mean ablation", "3 MLPs", "3 examples");
    assertThat(mlps.ranked()).containsExactlyInAnyOrder(Unit.mlp(0), Unit.mlp(1), Unit.mlp(2));
    assertThat(mlps.effect(mlps.ranked().get(0))).isGreaterThan(mlps.effect(mlps.ranked().get(2)));
    assertThat(mlps.provenance().tokens()).hasSize(3);
    assertThatIllegalArgumentException()
        .isThrownBy(mlps::effects)
        .withMessageContaining("read effect(unit)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mlps.effect(Unit.layer(0)))
        .withMessageContaining("LAYER0 was not ablated");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> mlps.top(1))
        .withMessageContaining("is no head");
    AblationEffects resampled = AblationSweep.resample(model, LAST, TOKENS, 4).heads(TOKENS);
    assertThat(resampled.toString()).contains("seed 4");
    assertThat(resampled.plot().title()).contains("resample ablation");
  }

  @Test
  void unitsAreRankedByAnyScore() {
    assertThat(Unit.ranked(new double[][] {{1, 3}, {2, -1}}))
        .containsExactly(Unit.head(0, 1), Unit.head(1, 0), Unit.head(0, 0), Unit.head(1, 1));
    assertThat(Unit.ranked(Unit.Kind.MLP, new double[] {0, 2, 1}))
        .containsExactly(Unit.mlp(1), Unit.mlp(2), Unit.mlp(0));
    assertThat(Unit.head(2, 1).toString()).isEqualTo("L2H1");
    assertThat(Unit.layer(3).toString()).isEqualTo("LAYER3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Unit.ranked(Unit.Kind.HEAD, new double[2]))
        .withMessageContaining("Unit.ranked(double[layer][head])");
  }

  @Test
  void badRequestsAreRefusedBeforeAnyRun() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    List<String> runs = new ArrayList<>();
    Metric counting =
        (logits, tokens) -> {
          runs.add("run");
          return LAST.perExample(logits, tokens);
        };
    AblationSweep zero = AblationSweep.zero(model, counting);
    refused(() -> zero.together(List.of(), TOKENS), "set of units is empty");
    refused(() -> zero.together(List.of(Unit.mlp(3)), TOKENS), "MLP3 does not exist");
    refused(() -> zero.together(HeadSet.parse("L0H4"), TOKENS), "L0H4 does not exist");
    refused(() -> zero.joint(List.of(Unit.layer(7)), TOKENS), "LAYER7 does not exist");
    Tokens two = Tokens.of(TOKENS.row(0), TOKENS.row(1));
    Tokens padded = Tokens.padded(Tokens.Padding.LEFT, TOKENS.row(0), new long[] {1, 2, 3});
    Tokens one = Tokens.of(TOKENS.row(0));
    refused(
        () -> AblationSweep.resample(model, counting, two, 1).heads(TOKENS),
        "AblationSweep.mean(model, metric, reference)");
    refused(() -> AblationSweep.resample(model, counting, one, 1).heads(one), "at least two rows");
    refused(
        () -> AblationSweep.meanPerPosition(model, counting, padded).heads(TOKENS),
        "without padding");
    refused(
        () -> AblationSweep.meanPerPosition(model, counting, TOKENS).heads(padded),
        "without padding");
    refused(() -> zero.memory(0), "positive number of bytes");
    assertThat(runs).isEmpty();
    Metric broken = (logits, tokens) -> logits.get(":, 0, 0").mul(Double.NaN);
    refused(() -> AblationSweep.zero(model, broken).heads(TOKENS), "NaN");
    refused(() -> new Unit(Unit.Kind.MLP, 0, 1), "only heads have an index");
  }

  private static void refused(Runnable request, String message) {
    assertThatIllegalArgumentException().isThrownBy(request::run).withMessageContaining(message);
  }
}
