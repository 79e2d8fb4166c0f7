package io.loupe.workbench.sweep;

import static io.loupe.workbench.intervention.Interventions.patch;
import static io.loupe.workbench.intervention.Interventions.scale;
import static io.loupe.workbench.site.Axis.HEAD;
import static io.loupe.workbench.site.Axis.KEY_POS;
import static io.loupe.workbench.site.Axis.KV_HEAD;
import static io.loupe.workbench.site.Axis.POS;
import static io.loupe.workbench.site.Axis.QUERY_POS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PatchingSweepTest {
  private static final double TOLERANCE = 1e-9; // in float64
  private static final Tokens CLEAN = tokens(1, 3, 5);
  private static final Tokens CORRUPTED = tokens(2, 3, 5);
  private static final Metric LAST = Metrics.logitDifference(7, 9);
  private static final Metric ALL = Metrics.loss();

  private static Tokens tokens(long seed, int rows, int length) {
    Random random = new Random(seed);
    long[][] ids = new long[rows][];
    for (int row = 0; row < rows; row++) {
      ids[row] = random.longs(length, 10, 40).toArray();
    }
    return Tokens.of(ids);
  }

  static Stream<Path> families() throws IOException {
    return Files.list(Expected.folder("golden")).filter(Files::isDirectory).sorted();
  }

  private record Sweep(Site site, Axis... axes) {}

  private static final List<Sweep> SWEEPS =
      List.of(
          new Sweep(Sites.RESID_PRE, POS),
          new Sweep(Sites.LN1),
          new Sweep(Sites.Q, HEAD, POS),
          new Sweep(Sites.K, KV_HEAD),
          new Sweep(Sites.V, POS),
          new Sweep(Sites.ROT_Q, HEAD),
          new Sweep(Sites.PATTERN, HEAD),
          new Sweep(Sites.PATTERN, QUERY_POS),
          new Sweep(Sites.PATTERN, KEY_POS),
          new Sweep(Sites.Z, HEAD),
          new Sweep(Sites.Z, HEAD, POS),
          new Sweep(Sites.RESULT, POS),
          new Sweep(Sites.ATTN_OUT, POS),
          new Sweep(Sites.RESID_MID, POS),
          new Sweep(Sites.LN2, POS),
          new Sweep(Sites.MLP_PRE, POS),
          new Sweep(Sites.MLP_POST, POS),
          new Sweep(Sites.MLP_OUT),
          new Sweep(Sites.RESID_POST, POS));

  /** One full forward pass for each patch; each family a third of the sweeps, in turn. */
  @ParameterizedTest
  @MethodSource("families")
  void everySweepEqualsTheNaiveLoop(Path folder) throws IOException {
    HookedTransformer model = HookedTransformer.load(folder, LoadOptions.DOUBLE);
    int turn = families().toList().indexOf(folder);
    for (int i = turn % 3; i < SWEEPS.size(); i += 3) {
      Sweep sweep = SWEEPS.get(i);
      if (model.config().has(sweep.site())) {
        PatchingSweep fast = PatchingSweep.denoising(model, CLEAN, CORRUPTED, LAST);
        assertEqualsNaive(
            fast.over(sweep.site(), sweep.axes()), model, CLEAN, CORRUPTED, LAST, sweep);
      }
    }
  }

  @Test
  void metricsOfAllPositionsAndNoising() {
    for (HookedTransformer model : TinyModels.all(LoadOptions.DOUBLE)) {
      for (Sweep sweep : SWEEPS) {
        if (model.config().has(sweep.site())) {
          PatchingSweep fast = PatchingSweep.noising(model, CLEAN, CORRUPTED, ALL);
          assertEqualsNaive(
              fast.over(sweep.site(), sweep.axes()), model, CORRUPTED, CLEAN, ALL, sweep);
        }
      }
    }
  }

  @Test
  void paddedPromptsAndEditedModels() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    HookedTransformer edited =
        model.with(
            scale(Sites.Z.at(0), Slice.at(HEAD, 1), 2),
            scale(Sites.RESID_PRE.at(1), 1.5),
            scale(Sites.MLP_OUT.at(1), 0.5));
    for (Tokens.Padding side : Tokens.Padding.values()) {
      Tokens clean = Tokens.padded(side, CLEAN.row(0), Arrays.copyOf(CLEAN.row(1), 3));
      Tokens corrupted = Tokens.padded(side, CORRUPTED.row(0), Arrays.copyOf(CORRUPTED.row(1), 3));
      for (Sweep sweep : List.of(new Sweep(Sites.Z, HEAD), new Sweep(Sites.MLP_OUT))) {
        for (HookedTransformer each : List.of(model, edited)) {
          assertEqualsNaive(
              PatchingSweep.denoising(each, clean, corrupted, LAST)
                  .over(sweep.site(), sweep.axes()),
              each,
              clean,
              corrupted,
              LAST,
              sweep);
        }
      }
    }
    for (Sweep sweep : SWEEPS) {
      assertEqualsNaive(
          PatchingSweep.denoising(edited, CLEAN, CORRUPTED, LAST).over(sweep.site(), sweep.axes()),
          edited,
          CLEAN,
          CORRUPTED,
          LAST,
          sweep);
    }
  }

  private static void assertEqualsNaive(
      PatchingEffects effects,
      HookedTransformer model,
      Tokens source,
      Tokens target,
      Metric metric,
      Sweep sweep) {
    ActivationCache donor = model.run(source, Capture.of(sweep.site())).cache();
    List<Axis> axes = List.of(sweep.axes());
    List<Slice> slices = SweepAxes.slices(model.config(), sweep.site(), axes, target);
    int[] sizes = SweepAxes.sizes(model.config(), sweep.site(), axes, target);
    for (int layer = 0; layer < model.config().layers(); layer++) {
      for (int i = 0; i < slices.size(); i++) {
        Run run = model.with(patch(sweep.site().at(layer), slices.get(i), donor)).run(target);
        assertThat(effects.perExample(layer, indices(i, sizes)))
            .as("%s, layer %d, %s", sweep.site(), layer, slices.get(i))
            .containsExactly(metric.perExample(run), within(TOLERANCE));
      }
    }
  }

  private static int[] indices(int cell, int[] sizes) {
    int[] indices = new int[sizes.length];
    for (int i = sizes.length - 1; i >= 0; i--) {
      indices[i] = cell % sizes[i];
      cell /= sizes[i];
    }
    return indices;
  }

  @Test
  void sameRunsHaveNoEffectAndPatchingEverythingGivesTheOther() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    PatchingEffects same = PatchingSweep.denoising(model, CLEAN, CLEAN, LAST).over(Sites.Z, HEAD);
    for (double[] layer : same.effects()) {
      assertThat(layer).containsOnly(new double[] {0}, within(1e-12));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(same::plot)
        .withMessageContaining("same mean metric");
    PatchingEffects all =
        PatchingSweep.denoising(model, CLEAN, CORRUPTED, LAST).over(Sites.RESID_PRE);
    assertThat(all.normalised(0)).isCloseTo(1, within(1e-9));
    assertThat(all.perExample(0)).containsExactly(all.clean(), within(1e-9));
    PatchingEffects noised =
        PatchingSweep.noising(model, CLEAN, CORRUPTED, LAST).over(Sites.RESID_PRE);
    assertThat(noised.normalised(0)).isCloseTo(-1, within(1e-9));
    assertThat(noised.clean()).containsExactly(all.clean(), within(1e-12));
  }

  @Test
  void resultsKeepEachExampleAndShowThemselves() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    PatchingEffects effects =
        PatchingSweep.denoising(model, CLEAN, CORRUPTED, LAST).over(Sites.RESID_PRE, POS);
    double[] patched = effects.perExample(1, 4);
    double mean = 0;
    for (int row = 0; row < 3; row++) {
      mean += (patched[row] - effects.corrupted()[row]) / 3;
    }
    assertThat(effects.effect(1, 4)).isCloseTo(mean, within(1e-12));
    assertThat(effects.effects()[1][4]).isCloseTo(mean, within(1e-12));
    assertThat(effects.interval(1, 1, 4).low()).isLessThanOrEqualTo(mean);
    assertThat(effects.interval(1, 1, 4).high()).isGreaterThanOrEqualTo(mean);
    assertThat(effects.table().rows()).hasSize(3 * 5);
    assertThat(effects.table().rows().get(9)).startsWith(1, 4, effects.effect(1, 4));
    assertThat(effects.display().data()).containsKey("image/svg+xml");
    assertThat(effects.toString()).contains("denoising").contains("raw").contains("3 examples");
    assertThat(effects.provenance().tokens().get(0))
        .containsExactlyElementsOf(Arrays.stream(CORRUPTED.row(0)).boxed().toList());
    assertThatIllegalArgumentException().isThrownBy(() -> effects.effect(3, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> effects.effect(0, 5));
    assertThatIllegalArgumentException().isThrownBy(() -> effects.effect(0));
  }

  @Test
  void answersMayDifferFromRowToRow() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Metric metric = Metrics.logitDifference(new long[] {1, 2, 3}, new long[] {4, 5, 6});
    Sweep sweep = new Sweep(Sites.Z, HEAD);
    assertEqualsNaive(
        PatchingSweep.denoising(model, CLEAN, CORRUPTED, metric).over(Sites.Z, HEAD),
        model,
        CLEAN,
        CORRUPTED,
        metric,
        sweep);
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
    PatchingSweep sweep = PatchingSweep.denoising(model, CLEAN, CORRUPTED, counting);
    refused(() -> sweep.over(Sites.K, HEAD), "KV_HEAD");
    refused(() -> sweep.over(Sites.PATTERN, POS), "QUERY_POS");
    refused(() -> sweep.over(Sites.RESID_PRE, HEAD), "cannot be swept over HEAD");
    refused(() -> sweep.over(Sites.POS_EMBED), "once in the model");
    refused(() -> sweep.over(Sites.Q_NORM, HEAD), "does not normalise");
    refused(() -> sweep.over(Sites.Z, HEAD, HEAD), "once");
    refused(() -> sweep.over(Sites.Z, Axis.BATCH), "BATCH");
    refused(() -> PatchingSweep.denoising(model, CLEAN, tokens(1, 3, 4), counting), "equal length");
    refused(() -> PatchingSweep.denoising(model, CLEAN, tokens(1, 2, 5), counting), "equal length");
    Tokens ragged = Tokens.padded(Tokens.Padding.LEFT, CLEAN.row(0), new long[] {1, 2});
    refused(
        () -> PatchingSweep.denoising(model, ragged, ragged, counting).over(Sites.RESID_PRE, POS),
        "rows of equal length");
    assertThat(runs).isEmpty();
    Metric broken = (logits, tokens) -> logits.get(":, 0, 0").mul(Double.NaN);
    refused(
        () -> PatchingSweep.denoising(model, CLEAN, CORRUPTED, broken).over(Sites.Z, HEAD), "NaN");
    Metric brokenAtSource =
        (logits, tokens) ->
            tokens.equals(CLEAN)
                ? broken.perExample(logits, tokens)
                : ALL.perExample(logits, tokens);
    refused(
        () -> PatchingSweep.denoising(model, CLEAN, CORRUPTED, brokenAtSource).over(Sites.Z, HEAD),
        "that is patched from is not a number (NaN)");
    refused(
        () -> PatchingSweep.noising(model, CLEAN, CORRUPTED, brokenAtSource).over(Sites.Z, HEAD),
        "is not a number (NaN) before anything is patched");
  }

  private static void refused(Runnable request, String message) {
    assertThatIllegalArgumentException().isThrownBy(request::run).withMessageContaining(message);
  }

  @Test
  void earlierActivationsStayBitEqual() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    ActivationCache source = model.run(CLEAN, Capture.of(Sites.RESID_POST)).cache();
    ActivationCache plain = model.run(CORRUPTED, Capture.everything()).cache();
    ActivationCache patched =
        model
            .with(patch(Sites.RESID_POST.at(1), source))
            .run(CORRUPTED, Capture.everything())
            .cache();
    assertThat(Tensors.doubles(patched.get(Sites.RESID_MID.at(1))))
        .containsExactly(Tensors.doubles(plain.get(Sites.RESID_MID.at(1))));
    assertThat(Tensors.doubles(patched.get(Sites.RESID_MID.at(2))))
        .isNotEqualTo(Tensors.doubles(plain.get(Sites.RESID_MID.at(2))));
  }
}
