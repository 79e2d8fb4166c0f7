package io.loupe.workbench.model;

import static io.loupe.workbench.intervention.Interventions.edit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients against central finite differences, in float64. */
class GradientsTest {
  private static final Tokens TOKENS =
      Tokens.padded(Tokens.Padding.RIGHT, new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7});
  private static final double STEP = 1e-5;
  private static final double RELATIVE = 1e-5;

  static Stream<HookedTransformer> models() {
    return TinyModels.all(LoadOptions.DOUBLE).stream();
  }

  @ParameterizedTest
  @MethodSource("models")
  void agreeWithFiniteDifferencesAtEverySite(HookedTransformer model) {
    HookPoint[] all = model.config().hookPoints().toArray(HookPoint[]::new);
    checkAll(model, Metrics.logitDifference(7, 9), all);
    checkAll(model, Metrics.loss(), Sites.EMBED.here(), Sites.Z.at(0), Sites.RESID_POST.at(2));
  }

  private static void checkAll(HookedTransformer model, Metric metric, HookPoint... points) {
    Gradients gradients = model.gradients(TOKENS, metric, points);
    for (HookPoint point : points) {
      check(model, metric, point, gradients.at(point), "metric");
    }
  }

  /** Compares along a direction that touches every entry: the gradient's own signs, scaled. */
  private static void check(
      HookedTransformer model, Metric metric, HookPoint point, NDArray gradient, String name) {
    double[] direction = Arrays.stream(Tensors.doubles(gradient)).map(Math::signum).toArray();
    double analytic = Arrays.stream(Tensors.doubles(gradient)).map(Math::abs).sum();
    assertThat(analytic).as("gradient of %s at %s", name, point).isPositive();
    double step = STEP / Math.sqrt(direction.length);
    double numeric =
        (shifted(model, metric, point, direction, step)
                - shifted(model, metric, point, direction, -step))
            / (2 * step);
    assertThat(Math.abs(numeric - analytic) / Math.abs(analytic))
        .as("%s at %s: analytic %s, numeric %s", name, point, analytic, numeric)
        .isLessThanOrEqualTo(RELATIVE);
  }

  private static double shifted(
      HookedTransformer model, Metric metric, HookPoint point, double[] direction, double step) {
    double[] shift = Arrays.stream(direction).map(d -> d * step).toArray();
    var edit =
        edit(
            point,
            Slice.ALL,
            "shift",
            x -> {
              NDManager manager = x.getManager();
              return x.add(manager.create(shift, x.getShape()));
            });
    try (Run run = model.with(edit).run(TOKENS)) {
      return Arrays.stream(metric.perExample(run)).sum();
    }
  }

  @Test
  void carryTheMetricAndTheActivations() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    Metric metric = Metrics.logProbability(7);
    Gradients gradients = model.gradients(TOKENS, metric, Sites.Z.at(1));
    assertThat(gradients.metric()).containsExactly(metric.perExample(model.run(TOKENS)));
    assertThat(gradients.run().cache().points()).containsExactly(Sites.Z.at(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> gradients.at(Sites.Z.at(0)))
        .withMessageContaining("blocks.0.attn.hook_z");
  }

  @Test
  void flowThroughInterventions() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    HookedTransformer halved =
        model.with(io.loupe.workbench.intervention.Interventions.scale(Sites.MLP_OUT.at(0), 0.5));
    Metric metric = Metrics.logitDifference(7, 9);
    check(
        halved,
        metric,
        Sites.MLP_POST.at(0),
        halved.gradients(TOKENS, metric, Sites.MLP_POST.at(0)).at(Sites.MLP_POST.at(0)),
        "halved");
  }

  /**
   * The Java buffers behind numbers that the pass multiplied by may be collected before the way
   * back; their memory is then somebody else's.
   */
  @Test
  void aCollectionBetweenForwardAndBackwardChangesNothing() {
    HookPoint point = Sites.RESID_PRE.at(0);
    Metric metric = Metrics.logitDifference(7, 9);
    List<ByteBuffer> others = new ArrayList<>();
    Metric collecting =
        (logits, tokens) -> {
          for (int round = 0; round < 3; round++) {
            System.gc();
            System.runFinalization();
            for (int i = 0; i < 2000; i++) {
              ByteBuffer other = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
              others.add(other.putDouble(0, 1e9));
            }
          }
          return metric.perExample(logits, tokens);
        };
    for (HookedTransformer model : TinyModels.all(LoadOptions.DOUBLE)) {
      double[] undisturbed = Tensors.doubles(model.gradients(TOKENS, metric, point).at(point));
      for (int i = 0; i < 3; i++) {
        assertThat(Tensors.doubles(model.gradients(TOKENS, collecting, point).at(point)))
            .containsExactly(undisturbed);
      }
    }
  }

  @Test
  void refuseAMetricWithoutGradient() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.gradients(TOKENS, Metrics.accuracy(3), Sites.Z.at(0)))
        .withMessageContaining("no gradient");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.gradients(TOKENS, Metrics.loss()))
        .withMessageContaining("at least one hook point");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.gradients(TOKENS, Metrics.loss(), Sites.Z.at(3)))
        .withMessageContaining("layers 0 to 2");
  }
}
