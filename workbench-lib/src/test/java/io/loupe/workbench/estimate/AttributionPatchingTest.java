package io.loupe.workbench.estimate;

import static io.loupe.workbench.site.Axis.D_MLP;
import static io.loupe.workbench.site.Axis.HEAD;
import static io.loupe.workbench.site.Axis.KV_HEAD;
import static io.loupe.workbench.site.Axis.POS;
import static io.loupe.workbench.site.Axis.QUERY_POS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.stats.Agreement;
import io.loupe.workbench.stats.GaussLegendre;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttributionPatchingTest {
  private static final Tokens CLEAN = tokens(1, 3, 5);
  private static final Tokens CORRUPTED = tokens(2, 3, 5);
  private static final Metric LAST = Metrics.logitDifference(7, 9);

  private static Tokens tokens(long seed, int rows, int length) {
    Random random = new Random(seed);
    long[][] ids = new long[rows][];
    for (int row = 0; row < rows; row++) {
      ids[row] = random.longs(length, 10, 40).toArray();
    }
    return Tokens.of(ids);
  }

  /** The sums written out over plain arrays. */
  @Test
  void isTheDifferenceTimesTheGradient() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    AttributionPatching patching = AttributionPatching.denoising(model, CLEAN, CORRUPTED, LAST);
    double[] z = product(model, Sites.Z.at(1), CORRUPTED); // [3, 5, 4, 12]
    NodeAttributions byHead = patching.over(Sites.Z, HEAD);
    NodeAttributions byHeadAndPosition = patching.over(Sites.Z, HEAD, POS);
    for (int row = 0; row < 3; row++) {
      for (int head = 0; head < 4; head++) {
        double ofHead = 0;
        for (int position = 0; position < 5; position++) {
          double sum = 0;
          for (int i = 0; i < 12; i++) {
            sum += z[((row * 5 + position) * 4 + head) * 12 + i];
          }
          assertThat(byHeadAndPosition.perExample(1, head, position)[row])
              .isCloseTo(sum, within(1e-12));
          ofHead += sum;
        }
        assertThat(byHead.perExample(1, head)[row]).isCloseTo(ofHead, within(1e-12));
      }
    }
    double[] neurons = product(model, Sites.MLP_POST.at(2), CORRUPTED); // [3, 5, 96]
    double[] ofNeuron = patching.over(Sites.MLP_POST, D_MLP).perExample(2, 50);
    double expected = 0;
    for (int position = 0; position < 5; position++) {
      expected += neurons[(5 + position) * 96 + 50];
    }
    assertThat(ofNeuron[1]).isCloseTo(expected, within(1e-12));
  }

  private static double[] product(HookedTransformer model, HookPoint point, Tokens target) {
    Tokens source = target == CORRUPTED ? CLEAN : CORRUPTED;
    NDArray gradient = model.gradients(target, LAST, point).at(point);
    NDArray before = model.run(target, Capture.at(point)).cache().get(point);
    NDArray after = model.run(source, Capture.at(point)).cache().get(point);
    return Tensors.doubles(after.sub(before).mul(gradient));
  }

  @Test
  void everySiteAtOnceIsEachSiteByItself() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    AttributionPatching patching = AttributionPatching.noising(model, CLEAN, CORRUPTED, LAST);
    List<NodeAttributions> all = patching.overEverySite(HEAD, POS);
    assertThat(all)
        .extracting(NodeAttributions::site)
        .contains(Sites.RESID_PRE, Sites.K, Sites.SCORES, Sites.PATTERN, Sites.Z, Sites.MLP_OUT)
        .doesNotContain(Sites.RESULT, Sites.LN1_SCALE, Sites.LOGITS);
    for (NodeAttributions one : all) {
      NodeAttributions alone =
          patching.over(one.site(), one.axes().toArray(io.loupe.workbench.site.Axis[]::new));
      for (int layer = 0; layer < 3; layer++) {
        assertThat(one.effects()[layer])
            .containsExactly(alone.effects()[layer], within(1e-12))
            .doesNotContain(Double.NaN);
      }
      if (one.site().equals(Sites.K)) {
        assertThat(one.axes()).containsExactly(KV_HEAD, POS);
      } else if (one.site().equals(Sites.PATTERN)) {
        assertThat(one.axes()).containsExactly(HEAD, QUERY_POS);
      }
    }
  }

  @Test
  void paddedRowsCountTheirOwnPositions() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Tokens whole = Tokens.of(CLEAN.row(0), CLEAN.row(1));
    Tokens other = Tokens.of(CORRUPTED.row(0), CORRUPTED.row(1));
    long[][] mask = {{0, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 0}};
    NodeAttributions padded =
        AttributionPatching.denoising(model, shifted(whole, mask), shifted(other, mask), LAST)
            .over(Sites.RESID_PRE, POS);
    NodeAttributions plain =
        AttributionPatching.denoising(model, whole, other, LAST).over(Sites.RESID_PRE, POS);
    for (int position = 0; position < 5; position++) {
      assertThat(padded.perExample(1, position))
          .containsExactly(plain.perExample(1, position), within(1e-9));
    }
  }

  private static Tokens shifted(Tokens tokens, long[][] mask) {
    long[][] ids = new long[2][6];
    for (int row = 0; row < 2; row++) {
      System.arraycopy(tokens.row(row), 0, ids[row], mask[row][0] == 0 ? 1 : 0, 5);
    }
    return Tokens.masked(ids, mask);
  }

  @Test
  void isExactOnALinearModel() {
    HookedTransformer model =
        HookedTransformer.random(
            ModelConfig.decoder(
                "linear",
                new Dimensions(3, 48, 4, 2, 12, 96, 128, 64),
                new NormSpec(NormSpec.Kind.RMS_NORM, 1e6),
                EmbeddingSpec.LEARNED_POSITIONS,
                AttentionSpec.causal(new PositionSpec.None(), 12),
                new MlpSpec(Activation.IDENTITY, false)),
            3,
            LoadOptions.DOUBLE);
    for (Site site : List.of(Sites.RESID_PRE, Sites.V, Sites.Z, Sites.MLP_OUT, Sites.RESID_MID)) {
      Agreement agreement =
          AttributionPatching.denoising(model, CLEAN, CORRUPTED, LAST)
              .over(site, POS)
              .check(100, 1)
              .agreement();
      assertThat(agreement.cases()).isEqualTo(15);
      assertThat(agreement.largestError()).isLessThan(1e-6 * agreement.scale() + 1e-18);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gemma2", "olmo2", "gptj", "bert", "bloom", "qwen3"})
  void integratedGradientsAreComplete(String name) throws IOException {
    HookedTransformer model = Checkpoints.load("golden/" + name, LoadOptions.DOUBLE);
    AttributionPatching patching = AttributionPatching.noising(model, CLEAN, CORRUPTED, LAST);
    for (Site site : List.of(Sites.Z, Sites.MLP_OUT)) {
      List<Completeness> layers = patching.integrated(32).over(site, POS).completeness();
      assertThat(layers).hasSize(model.config().layers());
      assertThat(layers).allSatisfy(one -> assertThat(one.error()).isLessThan(0.01));
    }
    assertThat(patching.integratedOverInputs(24).over(Sites.Z, HEAD).completeness())
        .singleElement()
        .satisfies(one -> assertThat(one.error()).as("%s", one).isLessThan(0.01));
    assertThat(patching.over(Sites.Z, HEAD).completeness()).isEmpty();
  }

  /** One step is the gradient half way. */
  @Test
  void oneStepIsTheGradientHalfWay() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    AttributionPatching patching = AttributionPatching.denoising(model, CLEAN, CORRUPTED, LAST);
    for (boolean inputs : List.of(false, true)) {
      HookPoint point = Sites.MLP_OUT.at(1);
      HookPoint moved = inputs ? Sites.RESID_PRE.at(0) : point;
      ActivationCache before = model.run(CORRUPTED, Capture.everything()).cache();
      ActivationCache after = model.run(CLEAN, Capture.everything()).cache();
      NDArray half = before.get(moved).add(after.get(moved)).div(2);
      NDArray gradient =
          model
              .with(Interventions.edit(moved, x -> half))
              .gradients(CORRUPTED, LAST, point)
              .at(point);
      double[] product =
          Tensors.doubles(after.get(point).sub(before.get(point)).mul(gradient)); // [3, 5, 48]
      NodeAttributions attributions =
          (inputs ? patching.integratedOverInputs(1) : patching.integrated(1)).over(Sites.MLP_OUT);
      for (int row = 0; row < 3; row++) {
        double sum = Arrays.stream(product, row * 240, (row + 1) * 240).sum();
        assertThat(attributions.perExample(1)[row]).isCloseTo(sum, within(1e-12));
      }
    }
  }

  @Test
  void equalRunsHaveNoEffect() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    AttributionPatching same = AttributionPatching.denoising(model, CLEAN, CLEAN, LAST);
    for (AttributionPatching each :
        List.of(same, same.integrated(2), same.integratedOverInputs(2))) {
      NodeAttributions none = each.over(Sites.Z, HEAD);
      for (double[] layer : none.effects()) {
        assertThat(layer).containsOnly(new double[] {0}, within(1e-12));
      }
      assertThat(none.display().data()).containsKey("image/svg+xml");
      assertThat(none.check(10, 1).agreement().spearman()).isNotZero(); // NaN or of rounding
    }
  }

  @Test
  void theCheckIsASampleOfTheExactSweep() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    NodeAttributions attributions =
        AttributionPatching.noising(model, CLEAN, CORRUPTED, LAST).over(Sites.Z, HEAD, POS);
    var sweep =
        io.loupe.workbench.sweep.PatchingSweep.noising(model, CLEAN, CORRUPTED, LAST)
            .over(Sites.Z, HEAD, POS);
    AttributionCheck check = attributions.check(20, 7);
    assertThat(check.table().rows()).hasSize(20);
    for (List<Object> row : check.table().rows()) {
      int layer = (int) row.get(0);
      int head = (int) row.get(1);
      int position = (int) row.get(2);
      assertThat((double) row.get(3)).isEqualTo(attributions.effect(layer, head, position));
      assertThat((double) row.get(4)).isCloseTo(sweep.effect(layer, head, position), within(1e-9));
    }
    assertThat(attributions.check(20, 7).exact()).containsExactly(check.exact());
    assertThat(attributions.check(20, 8).exact()).isNotEqualTo(check.exact());
    assertThat(attributions.check(1000, 1).exact()).hasSize(60);
    assertThat(check.display().data()).containsKey("image/svg+xml");
    assertThat(check.toString()).contains("20 of 60 cells").contains("Spearman");
    assertThat(attributions.table().rows()).hasSize(60);
    assertThat(attributions.toString()).contains("attribution patching, noising");
    assertThat(attributions.interval(1, 0, 0, 0).low())
        .isLessThanOrEqualTo(attributions.effect(0, 0, 0));
    assertThat(attributions.provenance().tokens()).hasSize(3);
    assertThat(attributions.clean()).containsExactly(LAST.perExample(model.run(CLEAN)));
    assertThat(attributions.corrupted()).containsExactly(LAST.perExample(model.run(CORRUPTED)));
  }

  @Test
  void quadratureIntegratesPolynomials() {
    for (int steps : new int[] {1, 2, 5, 20, 50}) {
      GaussLegendre quadrature = GaussLegendre.of(steps);
      for (int degree = 0; degree < Math.min(2 * steps, 30); degree++) {
        double sum = 0;
        for (int i = 0; i < steps; i++) {
          sum += quadrature.weights()[i] * Math.pow(quadrature.points()[i], degree);
        }
        assertThat(sum)
            .as("x^%d, %d steps", degree, steps)
            .isCloseTo(1.0 / (degree + 1), within(1e-13));
      }
    }
  }

  @Test
  void badRequestsAreRefusedBeforeAnyRun() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    List<String> runs = new ArrayList<>();
    Metric counting =
        (logits, tokens) -> {
          runs.add("run");
          return LAST.perExample(logits, tokens);
        };
    AttributionPatching patching = AttributionPatching.denoising(model, CLEAN, CORRUPTED, counting);
    refused(() -> patching.over(Sites.K, HEAD), "KV_HEAD");
    refused(() -> patching.over(Sites.POS_EMBED), "once in the model");
    refused(() -> patching.over(Sites.RESID_PRE, HEAD), "HEAD");
    refused(() -> patching.integrated(0), "at least 1 step");
    refused(
        () -> AttributionPatching.denoising(model, CLEAN, tokens(1, 3, 4), LAST), "equal length");
    assertThat(runs).isEmpty();
    Metric broken = (values, tokens) -> values.get(":, 0, 0").mul(Double.NaN);
    refused(
        () -> AttributionPatching.denoising(model, CLEAN, CORRUPTED, broken).over(Sites.Z), "NaN");
    refused(
        () ->
            AttributionPatching.denoising(model, CLEAN, CORRUPTED, Metrics.accuracy(7))
                .over(Sites.Z),
        "gradient");
    refused(
        () ->
            AttributionPatching.denoising(model, CLEAN, CORRUPTED, LAST).over(Sites.Z).check(2, 1),
        "at least 3");
  }

  private static void refused(Runnable request, String message) {
    assertThatIllegalArgumentException().isThrownBy(request::run).withMessageContaining(message);
  }
}
