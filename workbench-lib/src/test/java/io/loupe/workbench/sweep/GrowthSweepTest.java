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
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GrowthSweepTest {
  private static final Tokens CLEAN =
      Tokens.of(new long[] {1, 12, 3, 14, 5}, new long[] {9, 8, 17, 30, 2});
  private static final Tokens CORRUPTED =
      Tokens.of(new long[] {25, 6, 7, 8, 1}, new long[] {1, 31, 2, 2, 9});
  private static final Metric METRIC = Metrics.logitDifference(7, 9);

  /** The units of a random order, as the sweep draws them. */
  private static List<Unit> order(List<Unit> units, long seed) {
    List<Unit> order = new ArrayList<>(units);
    order.sort(null);
    Collections.shuffle(order, new Random(seed));
    return order;
  }

  @Test
  void ablatedSetsEqualOneRunEach() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    AblationSweep ablation = AblationSweep.zero(model, METRIC);
    List<Unit> ranked = ablation.heads(CLEAN).ranked();
    GrowthCurve curve =
        GrowthSweep.ablating(ablation, CLEAN).sizes(0, 1, 3, 12).random(2, 5).over(ranked);
    for (int size : curve.sizes()) {
      assertThat(curve.topPerExample(size))
          .containsExactly(ablated(model, ranked.subList(0, size)), within(1e-9));
      for (int draw = 0; draw < 2; draw++) {
        assertThat(curve.randomPerExample(draw, size))
            .containsExactly(
                ablated(model, order(ranked, 5 + draw).subList(0, size)), within(1e-9));
      }
    }
    assertThat(curve.topPerExample(0)).containsExactly(curve.baseline());
  }

  private static double[] ablated(HookedTransformer model, List<Unit> units) {
    List<Intervention> edits =
        units.isEmpty()
            ? List.of()
            : Interventions.zero(HeadSet.of(units.stream().map(Unit::head).toList()));
    return METRIC.perExample(model.with(edits).run(CLEAN));
  }

  @Test
  void patchedSetsEqualOneRunEach() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    List<Unit> units = new ArrayList<>(Unit.all(model.config(), Unit.Kind.MLP));
    units.addAll(Unit.all(model.config(), Unit.Kind.HEAD));
    ActivationCache clean = model.run(CLEAN, Capture.of(Sites.Z, Sites.MLP_OUT)).cache();
    GrowthCurve curve =
        GrowthSweep.patching(PatchingSweep.denoising(model, CLEAN, CORRUPTED, METRIC))
            .sizes(0, 2, 7)
            .random(1, 0)
            .over(units);
    for (int size : curve.sizes()) {
      List<Intervention> edits = new ArrayList<>();
      for (Unit unit : units.subList(0, size)) {
        edits.add(
            unit.kind() == Unit.Kind.MLP
                ? Interventions.patch(Sites.MLP_OUT.at(unit.layer()), clean)
                : Interventions.patch(
                    Sites.Z.at(unit.layer()), Slice.at(Axis.HEAD, unit.index()), clean));
      }
      assertThat(curve.topPerExample(size))
          .containsExactly(METRIC.perExample(model.with(edits).run(CORRUPTED)), within(1e-9));
    }
  }

  /** Two sizes of four: areas by hand. */
  @Test
  void areasAreTrapezoidsOverTheShareOfUnits() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    GrowthCurve.Plan plan =
        new GrowthCurve.Plan(
            model,
            CLEAN,
            "zero",
            IntStream.range(0, 4).mapToObj(i -> Unit.head(0, i)).toList(),
            List.of(0, 1, 4),
            0);
    double[][] top = {{1, 2}, {0, 0}, {0, 2}};
    double[][] a = {{1, 2}, {1, 2}, {0, 2}};
    double[][] b = {{1, 2}, {0.5, 1}, {0, 2}};
    GrowthCurve curve = new GrowthCurve(plan, new double[] {1, 2}, top, List.of(a, b));
    // top: 1/4 * 0.5 + 3/4 * 0 = 0.125 and 1/4 * 1 + 3/4 * 1 = 1
    // a: 1/4 + 3/4 * 0.5 = 0.625 and 2; b: 0.1875 + 0.1875 = 0.375 and 0.375 + 1.125 = 1.5
    assertThat(curve.areas()).containsExactly(new double[] {-0.375, -0.75}, within(1e-12));
    assertThat(curve.area()).isCloseTo(-0.5625, within(1e-12));
    assertThat(curve.areaInterval(1).low()).isEqualTo(-0.75);
    assertThat(curve.pValue()).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(curve.random(1)).containsExactly(1.5, 0.75);
  }

  @Test
  void aGoodRankingLiesFarFromRandomOrders() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    AblationSweep ablation = AblationSweep.zero(model, METRIC);
    GrowthCurve curve =
        GrowthSweep.ablating(ablation, CLEAN).random(20, 1).over(ablation.heads(CLEAN).ranked());
    assertThat(curve.area()).isPositive(); // the largest effect on the metric first
    assertThat(curve.pValue()).isEqualTo(1.0 / 21);
    assertThat(curve.sizes()).hasSize(13);
    assertThat(curve.display().data()).containsKey("image/svg+xml");
    assertThat(curve.table().rows()).hasSize(13);
    assertThat(curve.toString()).contains("zero ablation", "12 heads", "20 random orders");
    assertThat(curve.interval(1, 3).low()).isLessThanOrEqualTo(curve.top(3));
  }

  @Test
  void badRequestsAreRefusedBeforeAnyRun() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    List<String> runs = new ArrayList<>();
    Metric counting =
        (logits, tokens) -> {
          runs.add("run");
          return METRIC.perExample(logits, tokens);
        };
    GrowthSweep sweep = GrowthSweep.ablating(AblationSweep.zero(model, counting), CLEAN);
    List<Unit> mlps = Unit.all(model.config(), Unit.Kind.MLP);
    refused(() -> sweep.over(List.of()), "empty");
    refused(() -> sweep.over(List.of(Unit.mlp(5))), "MLP5 does not exist");
    refused(() -> sweep.over(List.of(Unit.mlp(1), Unit.mlp(1))), "each unit once");
    refused(() -> sweep.sizes(0, 4).over(mlps), "3 units to choose from");
    refused(() -> sweep.sizes(2), "at least two different sizes");
    refused(() -> sweep.random(0, 1), "at least one random order");
    assertThat(runs).isEmpty();
  }

  private static void refused(Runnable request, String message) {
    assertThatIllegalArgumentException().isThrownBy(request::run).withMessageContaining(message);
  }
}
