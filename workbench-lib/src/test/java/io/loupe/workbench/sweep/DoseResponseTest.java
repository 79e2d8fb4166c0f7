package io.loupe.workbench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleFunction;
import org.junit.jupiter.api.Test;

class DoseResponseTest {
  private static final Tokens TOKENS =
      Tokens.padded(
          Tokens.Padding.RIGHT,
          new long[] {1, 12, 3, 14, 5},
          new long[] {9, 8, 17},
          new long[] {4, 4, 11, 6});
  private static final Metric METRIC = Metrics.logitDifference(7, 9);
  private static final double[] DOSES = {4, -2, 0, 1.5};

  private static float[] vector() {
    Random random = new Random(2);
    float[] vector = new float[48];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    return vector;
  }

  /** From every layer and from before the first; on a plain model and an edited one. */
  @Test
  void equalsOneRunForEachDose() {
    float[] vector = vector();
    List<DoubleFunction<Intervention>> dosings =
        List.of(
            c -> Interventions.add(Sites.RESID_POST.at(2), vector, c),
            c -> Interventions.add(Sites.RESID_PRE.at(1), vector, c),
            c -> Interventions.add(Sites.EMBED.here(), vector, c),
            c -> Interventions.scale(new Head(1, 2), c),
            c -> Interventions.scale(Sites.LN_FINAL.here(), c));
    for (HookedTransformer plain : TinyModels.all(LoadOptions.DOUBLE)) {
      HookedTransformer edited = plain.with(Interventions.scale(Sites.MLP_OUT.at(0), 0.5));
      for (HookedTransformer model : List.of(plain, edited)) {
        for (DoubleFunction<Intervention> dosing : dosings) {
          DoseEffects effects = DoseResponse.of(model, TOKENS, METRIC).over(DOSES, dosing);
          assertThat(effects.coefficients()).containsExactly(-2, 0, 1.5, 4);
          assertThat(effects.baseline())
              .containsExactly(METRIC.perExample(model.run(TOKENS)), within(1e-9));
          for (int dose = 0; dose < 4; dose++) {
            double c = effects.coefficients()[dose];
            assertThat(effects.perExample(dose))
                .containsExactly(
                    METRIC.perExample(model.with(dosing.apply(c)).run(TOKENS)), within(1e-9));
          }
        }
      }
    }
  }

  @Test
  void severalInterventionsAndDoseZero() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    float[] vector = vector();
    DoseEffects effects =
        DoseResponse.of(model, TOKENS, METRIC)
            .overAll(
                new double[] {0, 1},
                c ->
                    List.of(
                        Interventions.add(Sites.RESID_POST.at(1), vector, c),
                        Interventions.scale(Sites.MLP_OUT.at(2), 1 + c)));
    assertThat(effects.perExample(0)).containsExactly(effects.baseline(), within(1e-12));
    assertThat(effects.effect(0)).isCloseTo(0, within(1e-12));
    assertThat(effects.effect(1)).isNotCloseTo(0, within(1e-6));
    assertThat(effects.interventions().get(1)).contains("Add", "Scale");
  }

  /** Values chosen by hand: a straight line, and one that turns. */
  @Test
  void slopeAndMonotonicity() {
    double[] x = {-1, 0, 2, 3};
    List<double[]> line =
        List.of(
            new double[] {-2, 5},
            new double[] {0, 5.5},
            new double[] {4, 6.5},
            new double[] {6, 7});
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    DoseEffects.Plan plan = new DoseEffects.Plan(model, TOKENS, List.of("a", "b", "c", "d"));
    DoseEffects straight = new DoseEffects(plan, x, new double[] {0, 5.5}, line);
    assertThat(straight.slopes()).containsExactly(new double[] {2, 0.5}, within(1e-12));
    assertThat(straight.slope()).isCloseTo(1.25, within(1e-12));
    assertThat(straight.slopeInterval(1).low()).isCloseTo(0.5, within(1e-12));
    assertThat(straight.slopeInterval(1).high()).isCloseTo(2, within(1e-12));
    assertThat(straight.monotonicity()).isEqualTo(1);
    assertThat(straight.effect(2)).isCloseTo(5.25 - 2.75, within(1e-12));
    List<double[]> turning =
        List.of(new double[] {3}, new double[] {2}, new double[] {1}, new double[] {4});
    DoseEffects turned = new DoseEffects(plan, x, new double[] {2}, turning);
    assertThat(turned.monotonicity()).isEqualTo(0); // three pairs fall, three rise
    // means 1 and 2.5: sum (x-1)(y-2.5) = -1 + 0.5 - 1.5 + 3 = 1, sum (x-1)^2 = 10
    assertThat(turned.slope()).isCloseTo(0.1, within(1e-12));
  }

  @Test
  void resultsShowThemselves() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    DoseEffects effects =
        DoseResponse.of(model, TOKENS, METRIC)
            .over(DOSES, c -> Interventions.scale(Sites.MLP_OUT.at(1), c));
    assertThat(effects.table().rows()).hasSize(4);
    assertThat(effects.table().rows().get(1)).startsWith(0.0, effects.metric(1));
    assertThat(effects.display().data()).containsKey("image/svg+xml");
    assertThat(effects.toString()).contains("4 coefficients from -2", "3 examples", "slope");
    assertThat(effects.provenance().tokens()).hasSize(3);
    assertThatIllegalArgumentException().isThrownBy(() -> effects.metric(4));
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
    DoseResponse sweep = DoseResponse.of(model, TOKENS, counting);
    DoubleFunction<Intervention> good = c -> Interventions.scale(Sites.MLP_OUT.at(1), c);
    refused(() -> sweep.over(new double[] {1}, good), "at least two different");
    refused(() -> sweep.over(new double[] {1, 2, 1}, good), "each once");
    refused(() -> sweep.over(new double[] {1, Double.NaN}, good), "finite");
    refused(
        () -> sweep.over(DOSES, c -> Interventions.scale(Sites.MLP_OUT.at(c > 2 ? 9 : 1), c)),
        "layers 0 to 2");
    refused(() -> sweep.overAll(DOSES, c -> List.of()), "makes no intervention");
    refused(() -> sweep.memory(1000).over(DOSES, good), "Call memory(");
    assertThat(runs).isEmpty();
    Metric broken = (logits, tokens) -> logits.get(":, 0, 0").mul(Double.NaN);
    refused(() -> DoseResponse.of(model, TOKENS, broken).over(DOSES, good), "NaN");
  }

  private static void refused(Runnable request, String message) {
    assertThatIllegalArgumentException().isThrownBy(request::run).withMessageContaining(message);
  }
}
