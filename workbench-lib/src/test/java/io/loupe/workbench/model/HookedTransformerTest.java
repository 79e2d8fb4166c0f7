package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.text.Tokens.Padding;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HookedTransformerTest {
  private static final Tokens TWO =
      Tokens.of(new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7, 6, 5});

  static Stream<HookedTransformer> models() {
    return TinyModels.all(LoadOptions.DEFAULT).stream();
  }

  @ParameterizedTest
  @MethodSource("models")
  void everySiteFiresExactlyOncePerLayer(HookedTransformer model) {
    Run run = model.run(TWO, Capture.matching(point -> true));
    assertThat(run.fired().keySet())
        .containsExactlyInAnyOrderElementsOf(model.config().hookPoints());
    assertThat(run.fired().values()).containsOnly(1);
    assertThat(run.cache().points())
        .containsExactlyInAnyOrderElementsOf(model.config().hookPoints());
  }

  @ParameterizedTest
  @MethodSource("models")
  void activationsHaveTheShapeOfTheirAxes(HookedTransformer model) {
    ActivationCache cache = model.run(TWO, Capture.matching(point -> true)).cache();
    for (HookPoint point : cache.points()) {
      long[] shape = cache.get(point).getShape().getShape();
      long[] expected =
          point.site().axes().stream()
              .mapToLong(
                  axis ->
                      switch (axis) {
                        case BATCH -> point.site().equals(Sites.POS_EMBED) ? 1 : 2;
                        case POS, QUERY_POS, KEY_POS -> 5;
                        case HEAD -> 4;
                        case KV_HEAD -> model.config().kvHeads();
                        case D_MODEL -> 48;
                        case D_HEAD -> 12;
                        case D_MLP -> 96;
                        case D_VOCAB -> 128;
                        case ONE -> 1;
                      })
              .toArray();
      assertThat(shape).as(point.toString()).containsExactly(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void computingSitesOnDemandChangesNothing(HookedTransformer model) {
    double[] plain = Tensors.doubles(model.run(TWO).logits());
    double[] looked = Tensors.doubles(model.run(TWO, Capture.matching(p -> true)).logits());
    Expected.assertClose(looked, plain, "logits", 1e-5);
  }

  @ParameterizedTest
  @MethodSource("models")
  void theResidualStreamIsTheSumOfItsParts(HookedTransformer model) {
    ActivationCache cache = model.run(TWO, Capture.matching(p -> true)).cache();
    NDArray sum = cache.get(Sites.RESID_PRE.at(0));
    for (int layer = 0; layer < 3; layer++) {
      sum = sum.add(cache.get(Sites.ATTN_OUT.at(layer))).add(cache.get(Sites.MLP_OUT.at(layer)));
    }
    NDArray last = cache.get(Sites.RESID_POST.at(2));
    Expected.assertClose(Tensors.doubles(sum), Tensors.doubles(last), "sum of parts", 1e-5);
  }

  @ParameterizedTest
  @MethodSource("models")
  void aPaddedBatchEqualsSinglePrompts(HookedTransformer model) {
    long[][] prompts = {{1, 2, 3, 4, 5, 6}, {9, 8, 7}, {5}};
    for (Padding side : Padding.values()) {
      Tokens batch = Tokens.padded(side, prompts);
      double[][][] together = Tensors.matrices(model.run(batch).logits());
      for (int row = 0; row < prompts.length; row++) {
        double[][] alone = Tensors.matrices(model.run(Tokens.of(prompts[row])).logits())[0];
        for (int position = 0; position < alone.length; position++) {
          double[] actual = together[row][batch.column(row, position)];
          Expected.assertClose(
              actual, alone[position], side + " row " + row + " position " + position, 1e-5);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void runningFromALayerContinuesTheRun(HookedTransformer model) {
    Tokens padded = Tokens.padded(Padding.LEFT, new long[] {1, 2, 3, 4}, new long[] {7, 8});
    Run whole = model.run(padded, Capture.of(Sites.RESID_PRE));
    Run rest =
        model.runFrom(
            2, whole.cache().get(Sites.RESID_PRE.at(2)), padded, Capture.of(Sites.RESID_PRE));
    assertThat(Tensors.doubles(rest.logits())).containsExactly(Tensors.doubles(whole.logits()));
    assertThat(rest.cache().points()).containsExactly(Sites.RESID_PRE.at(2));
  }

  @Test
  void aCaptureKeepsWhatWasAskedFor() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DEFAULT);
    Tokens padded = Tokens.padded(Padding.LEFT, new long[] {1, 2, 3, 4}, new long[] {7, 8});
    ActivationCache all = model.run(padded, Capture.of(Sites.RESID_POST, Sites.PATTERN)).cache();

    Capture lastTwo =
        Capture.of(Sites.RESID_POST, Sites.PATTERN).positions(-2, -1).as(DataType.FLOAT64);
    ActivationCache some = model.run(padded, lastTwo).cache();

    NDArray residual = some.get(Sites.RESID_POST.at(1));
    assertThat(residual.getDataType()).isEqualTo(DataType.FLOAT64);
    assertThat(residual.getShape().getShape()).containsExactly(2, 2, 48);
    NDArray expected =
        all.get(Sites.RESID_POST.at(1))
            .get(":, 2:"); // left padding: the last two columns in both rows
    assertThat(Tensors.doubles(residual)).containsExactly(Tensors.doubles(expected));
    assertThat(some.get(Sites.PATTERN.at(0)).getShape().getShape()).containsExactly(2, 4, 2, 4);

    Capture mean = Capture.of(Sites.RESID_POST).reducedBy(x -> x.mean(new int[] {1}));
    NDArray reduced = model.run(padded, mean).cache().get(Sites.RESID_POST.at(1));
    assertThat(reduced.getShape().getShape()).containsExactly(2, 48);
  }

  @Test
  void positionsAreThoseOfEachRowUnderRightPadding() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    Tokens padded = Tokens.padded(Padding.RIGHT, new long[] {1, 2, 3, 4}, new long[] {7, 8});
    double[][][] all =
        Tensors.matrices(
            model.run(padded, Capture.of(Sites.RESID_POST)).cache().get(Sites.RESID_POST.at(0)));
    Capture last = Capture.of(Sites.RESID_POST).positions(-1);
    double[][][] some =
        Tensors.matrices(model.run(padded, last).cache().get(Sites.RESID_POST.at(0)));
    assertThat(some[0][0]).containsExactly(all[0][3]);
    assertThat(some[1][0]).containsExactly(all[1][1]);
  }

  @Test
  void tensorsOutliveTheirRunUnlessItIsClosed() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    NDArray held = model.runWithCache(TWO).cache().get(Sites.RESID_POST.at(0));
    for (int i = 0; i < 5; i++) {
      System.gc();
    }
    assertThat(Tensors.doubles(held)).hasSize(2 * 5 * 48);

    Run run = model.runWithCache(TWO);
    NDArray freed = run.cache().get(Sites.RESID_POST.at(0));
    run.close();
    org.assertj.core.api.Assertions.assertThatIllegalStateException()
        .isThrownBy(freed::toFloatArray);
  }

  @Test
  void theSameSeedMakesTheSameModelAndTheSameResult() {
    HookedTransformer one = TinyModels.gpt2(LoadOptions.DEFAULT);
    HookedTransformer two = TinyModels.gpt2(LoadOptions.DEFAULT);
    assertThat(one.provenance(TWO)).isEqualTo(two.provenance(TWO));
    assertThat(Tensors.doubles(one.run(TWO).logits()))
        .containsExactly(Tensors.doubles(two.run(TWO).logits()));
  }

  @Test
  void provenanceSaysHowTheResultCameAbout() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    var ablated =
        model.with(io.loupe.workbench.intervention.Interventions.zero(Sites.MLP_OUT.at(1)));
    Provenance provenance = ablated.run(TWO).provenance();
    assertThat(provenance.weightsSha256()).matches("[0-9a-f]{64}");
    assertThat(provenance.tokens())
        .containsExactly(List.of(1L, 2L, 3L, 4L, 5L), List.of(9L, 8L, 7L, 6L, 5L));
    assertThat(provenance.interventions())
        .singleElement()
        .asString()
        .contains("ZeroAblation", "blocks.1.hook_mlp_out");
    assertThat(provenance.gauge()).isEqualTo("raw");
    assertThat(model.run(TWO).provenance().interventions()).isEmpty();
  }

  @Test
  void refusesTokensThatTheModelCannotRead() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.run(Tokens.of(new long[] {1, 128})))
        .withMessageContaining("Token 128")
        .withMessageContaining("0 to 127");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.run(Tokens.of(new long[] {-1})))
        .withMessageContaining("Token -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.run(Tokens.of(new long[65])))
        .withMessageContaining("65 tokens")
        .withMessageContaining("context is 64");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tokens.of(new long[0]))
        .withMessageContaining("empty");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.generate(Tokens.of(new long[60]), 5))
        .withMessageContaining("context of 64");
    org.assertj.core.api.Assertions.assertThatIllegalStateException()
        .isThrownBy(() -> model.run("text"))
        .withMessageContaining("no tokenizer");
  }

  @Test
  void refusesToReadWhatWasNotCaptured() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    ActivationCache cache = model.run(TWO, Capture.of(Sites.Z)).cache();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cache.get(Sites.PATTERN.at(0)))
        .withMessageContaining("blocks.0.attn.hook_pattern was not captured")
        .withMessageContaining("blocks.*.attn.hook_z (3 layers)");
    assertThat(cache.stack(Sites.Z).getShape().getShape()).containsExactly(3, 2, 5, 4, 12);
  }

  @Test
  void greedyGenerationTakesTheMostProbableToken() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DEFAULT);
    long[] row = model.generate(Tokens.of(new long[] {3, 4, 5}), 4).row(0);
    assertThat(row).hasSize(7).startsWith(3, 4, 5);
    for (int length = 3; length < 7; length++) {
      Run run = model.run(Tokens.of(Arrays.copyOf(row, length)));
      assertThat(Metrics.rank(row[length]).of(run)).isZero();
    }
  }

  @Test
  void anInterruptedThreadDoesNotGoOnComputing() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    Thread.currentThread().interrupt();
    try {
      org.assertj.core.api.Assertions.assertThatExceptionOfType(
              java.util.concurrent.CancellationException.class)
          .isThrownBy(() -> model.run(TWO));
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(model.run(TWO).logits().getShape().getShape()).containsExactly(2, 5, 128);
  }
}
