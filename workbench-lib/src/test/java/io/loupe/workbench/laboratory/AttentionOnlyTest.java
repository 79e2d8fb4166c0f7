package io.loupe.workbench.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.datasets.algorithm.RepeatedTokens;
import io.loupe.datasets.task.IdPair;
import io.loupe.datasets.task.Split;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.lens.DirectLogitAttribution;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.path.PathEffects;
import io.loupe.workbench.path.PathPatching;
import io.loupe.workbench.path.Receiver;
import io.loupe.workbench.path.Sender;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.sweep.PatchingEffects;
import io.loupe.workbench.sweep.PatchingSweep;
import io.loupe.workbench.sweep.Unit;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shipped model of attention alone, under the methods that know of MLPs. */
class AttentionOnlyTest {
  private static HookedTransformer model;
  private static List<IdPair> pairs;
  private static Tokens clean;
  private static Tokens corrupted;
  private static Metric metric;

  @BeforeAll
  static void load() throws IOException {
    model = HookedTransformer.load("induction-2l");
    pairs = new RepeatedTokens(0, 64, 20).draw(Split.TEST, 8, 3);
    // each cut behind its query, at which the answer is read
    clean =
        Tokens.padded(
            Tokens.Padding.LEFT, pairs.stream().map(p -> cut(p, true)).toArray(long[][]::new));
    corrupted =
        Tokens.padded(
            Tokens.Padding.LEFT, pairs.stream().map(p -> cut(p, false)).toArray(long[][]::new));
    metric =
        Metrics.logitDifference(
            pairs.stream().mapToLong(IdPair::answer).toArray(),
            pairs.stream().mapToLong(IdPair::wrong).toArray());
  }

  private static long[] cut(IdPair pair, boolean clean) {
    long[] ids = (clean ? pair.clean() : pair.corrupted()).toArray();
    return Arrays.copyOf(ids, pair.position() + 1);
  }

  @Test
  void theShippedModelHasItsHeads() {
    Tokens repeated = HeadScores.tokens(new RepeatedTokens(0, 64, 24).draw(Split.TEST, 20, 1));
    double[][] previous = HeadScores.previousToken(model, repeated);
    double[][] induction = HeadScores.induction(model, repeated);
    assertThat(Arrays.stream(previous[0]).max().orElseThrow()).isGreaterThan(0.7);
    assertThat(Arrays.stream(induction[1]).max().orElseThrow()).isGreaterThan(0.7);
    assertThat(Arrays.stream(induction[0]).max().orElseThrow()).isLessThan(0.3);
    assertThat(Arrays.stream(metric.perExample(model.run(clean)))).allMatch(value -> value > 2);
    assertThat(Arrays.stream(metric.perExample(model.run(corrupted))))
        .allMatch(value -> value < -2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HeadScores.induction(model, Tokens.of(new long[] {1, 2, 3, 4})))
        .withMessageContaining("Row 0");
  }

  /** Uniform attention over what a query sees gives known scores. */
  @Test
  void scoresOfUniformAttentionAreKnown() {
    HookedTransformer uniform =
        model.with(Interventions.zero(Sites.Q.at(0)), Interventions.zero(Sites.Q.at(1)));
    Tokens tokens = Tokens.of(new long[] {5, 6, 7, 5, 6, 7});
    double expected = (1 / 4.0 + 1 / 5.0) / 2;
    for (double[] layer : HeadScores.induction(uniform, tokens)) {
      assertThat(layer).containsOnly(new double[] {expected}, within(1e-3));
    }
  }

  @Test
  void sitesOfMlpsAreNone() {
    assertThat(model.config().sites())
        .contains(Sites.RESID_POST, Sites.ATTN_OUT, Sites.LN1)
        .doesNotContain(Sites.RESID_MID, Sites.MLP_OUT, Sites.MLP_POST, Sites.LN2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(Interventions.zero(Sites.MLP_OUT.at(0))))
        .withMessageContaining("it has no MLPs");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                PathPatching.denoising(model, clean, corrupted, metric)
                    .between(Sender.mlp(0), Receiver.logits(model.config())))
        .withMessageContaining("attention alone");
    assertThat(Unit.all(model.config(), Unit.Kind.HEAD)).hasSize(8);
  }

  @Test
  void attributionsAddUpAndFoldingChangesNothing() {
    DirectLogitAttribution attribution = DirectLogitAttribution.of(model, clean, 7);
    assertThat(Arrays.stream(attribution.remainders())).allMatch(rest -> Math.abs(rest) < 1e-3);
    assertThat(attribution.components().stream().map(DirectLogitAttribution.Component::name))
        .noneMatch(name -> name.contains("mlp"));
    assertThat(Tensors.doubles(model.folded().run(clean).logits().logSoftmax(-1)))
        .containsExactly(Tensors.doubles(model.run(clean).logits().logSoftmax(-1)), within(1e-3));
  }

  /** The naive way: one full run for each head. */
  @Test
  void patchingEqualsFullRuns() {
    PatchingEffects effects =
        PatchingSweep.denoising(model, clean, corrupted, metric).over(Sites.Z, Axis.HEAD);
    Run donor = model.runWithCache(clean);
    for (int layer = 0; layer < 2; layer++) {
      for (int head = 0; head < 4; head++) {
        HookedTransformer patched =
            model.with(Interventions.patch(new Head(layer, head), donor.cache()));
        assertThat(effects.effect(layer, head))
            .isCloseTo(
                metric.of(patched.run(corrupted)) - metric.of(model.run(corrupted)), within(1e-3));
      }
    }
  }

  /** The direct edge from a head to the logits: the stream changes by what the head writes. */
  @Test
  void pathsEqualWhatIsDoneByHand() {
    Head head = new Head(1, 2);
    PathEffects effects =
        PathPatching.denoising(model, clean, corrupted, metric)
            .between(
                Sender.each(model.config()),
                List.of(Receiver.logits(model.config()), Receiver.query(new Head(1, 0))));
    Run from = model.run(clean, Capture.of(Sites.RESULT));
    Run into = model.run(corrupted, Capture.of(Sites.RESULT, Sites.RESID_POST));
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray stream = into.cache().get(Sites.RESID_POST.at(1)).stopGradient();
      stream.attach(scope);
      NDArray change =
          from.cache()
              .get(Sites.RESULT.at(1))
              .get(":, :, 2")
              .sub(into.cache().get(Sites.RESULT.at(1)).get(":, :, 2"));
      change.attach(scope);
      double[] byHand =
          Tensors.doubles(metric.perExample(model.decode(stream.add(change)), corrupted));
      double mean = Arrays.stream(byHand).average().orElseThrow();
      assertThat(effects.effect(Sender.head(head), Receiver.logits(model.config())))
          .isCloseTo(mean - metric.of(into), within(1e-3));
    }
    assertThat(effects.senders()).hasSize(9);
  }
}
