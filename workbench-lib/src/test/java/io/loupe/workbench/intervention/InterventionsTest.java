package io.loupe.workbench.intervention;

import static io.loupe.workbench.intervention.Interventions.add;
import static io.loupe.workbench.intervention.Interventions.edit;
import static io.loupe.workbench.intervention.Interventions.mean;
import static io.loupe.workbench.intervention.Interventions.meanPerPosition;
import static io.loupe.workbench.intervention.Interventions.patch;
import static io.loupe.workbench.intervention.Interventions.resample;
import static io.loupe.workbench.intervention.Interventions.scale;
import static io.loupe.workbench.intervention.Interventions.zero;
import static io.loupe.workbench.site.Head.head;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterventionsTest {
  private static final HookPoint RESID = Sites.RESID_POST.at(1);
  private static final Tokens TOKENS =
      Tokens.of(new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7, 6, 5}, new long[] {3, 1, 4, 1, 5});

  private final HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
  private final HookedTransformer grouped = TinyModels.llama(LoadOptions.DEFAULT);
  private final double[][][] before = residual(model);

  private static double[][][] residual(HookedTransformer model) {
    return Tensors.matrices(model.run(TOKENS, Capture.at(RESID)).cache().get(RESID));
  }

  private ActivationCache cache(HookPoint... points) {
    return model.run(TOKENS, Capture.at(points)).cache();
  }

  // what each does

  @Test
  void zeroOnASliceChangesThatSliceOnly() {
    double[][][] after =
        residual(
            model.with(
                zero(RESID, Slice.positions(-1, 0).and(Axis.BATCH, 1).and(Axis.D_MODEL, 7))));
    for (int row = 0; row < 3; row++) {
      for (int position = 0; position < 5; position++) {
        for (int i = 0; i < 48; i++) {
          boolean inside = row == 1 && (position == 0 || position == 4) && i == 7;
          assertThat(after[row][position][i]).isEqualTo(inside ? 0 : before[row][position][i]);
        }
      }
    }
  }

  @Test
  void positionsSkipPaddingInEachRow() {
    Tokens padded = Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4}, new long[] {8, 9});
    double[][][] after =
        Tensors.matrices(
            model
                .with(zero(RESID, Slice.positions(0)))
                .run(padded, Capture.at(RESID))
                .cache()
                .get(RESID));
    assertThat(after[0][0]).containsOnly(0);
    assertThat(after[1][2]).containsOnly(0); // the second row's own first token
    assertThat(after[1][0]).doesNotContain(0);
    assertThat(after[1][3]).doesNotContain(0);
  }

  @Test
  void spansAreThoseOfEachRow() {
    Tokens spanned =
        TOKENS
            .withSpans(0, List.of(new Span("name", 0, 2)))
            .withSpans(1, List.of(new Span("name", 3, 4)))
            .withSpans(2, List.of(new Span("name", 4, 5)));
    HookedTransformer ablated = model.with(zero(RESID, Slice.span("name")));
    double[][][] after =
        Tensors.matrices(ablated.run(spanned, Capture.at(RESID)).cache().get(RESID));
    int[][] expected = {{0, 1}, {3}, {4}};
    for (int row = 0; row < 3; row++) {
      for (int position = 0; position < 5; position++) {
        int wanted = position;
        boolean inside = java.util.Arrays.stream(expected[row]).anyMatch(p -> p == wanted);
        assertThat(after[row][position][0] == 0)
            .as("row %d position %d", row, position)
            .isEqualTo(inside);
      }
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ablated.run(TOKENS))
        .withMessageContaining("Row 0 has no span 'name'");
  }

  @Test
  void zeroOnHeadsIsOneInterventionPerLayer() {
    List<Intervention> three = zero(HeadSet.parse("L0H1 L2H0 L2H3"));
    assertThat(three).hasSize(2);
    ActivationCache after = model.with(three).run(TOKENS, Capture.of(Sites.Z)).cache();
    double[] perHead = Tensors.doubles(after.get(Sites.Z.at(2)).abs().sum(new int[] {0, 1, 3}));
    assertThat(perHead[0]).isZero();
    assertThat(perHead[3]).isZero();
    assertThat(perHead[1]).isPositive();
  }

  @Test
  void meanOverTokensLeavesPaddingOut() {
    Tokens padded = Tokens.padded(Tokens.Padding.RIGHT, new long[] {1, 2, 3, 4}, new long[] {8, 9});
    ActivationCache reference = model.run(padded, Capture.at(RESID)).cache();
    double[][][] values = Tensors.matrices(reference.get(RESID));
    double expected = 0;
    for (double[] position : values[0]) {
      expected += position[5] / 6;
    }
    expected += (values[1][0][5] + values[1][1][5]) / 6;
    double[][][] after = residual(model.with(mean(RESID, reference)));
    assertThat(after[2][3][5]).isCloseTo(expected, within(1e-6));
    assertThat(after[0][0]).containsExactly(after[2][4]);
  }

  @Test
  void meanPerPositionKeepsPositionsApart() {
    double[][][] after = residual(model.with(meanPerPosition(RESID, Slice.ALL, cache(RESID))));
    double expected = (before[0][2][5] + before[1][2][5] + before[2][2][5]) / 3;
    assertThat(after[1][2][5]).isCloseTo(expected, within(1e-6));
  }

  @Test
  void resampleGivesEachRowAnotherRowAndRepeatsWithItsSeed() {
    double[][][] after = residual(model.with(resample(RESID, Slice.ALL, cache(RESID), 4)));
    for (int row = 0; row < 3; row++) {
      boolean fromAnother = false;
      for (int donor = 0; donor < 3; donor++) {
        fromAnother |= donor != row && java.util.Arrays.deepEquals(after[row], before[donor]);
      }
      assertThat(fromAnother).as("row %d", row).isTrue();
    }
    double[][][] again = residual(model.with(resample(RESID, Slice.ALL, cache(RESID), 4)));
    assertThat(java.util.Arrays.deepEquals(again, after)).isTrue();
  }

  @Test
  void patchFromTheSameRunChangesNothing() {
    Run run = model.with(patch(RESID, cache(RESID))).run(TOKENS);
    assertThat(run.receipts().get(0).editNorm()).isZero();
    assertThat(Tensors.doubles(run.logits()))
        .containsExactly(Tensors.doubles(model.run(TOKENS).logits()));
  }

  @Test
  void addScaleAndEdit() {
    float[] vector = new float[48];
    vector[3] = 2;
    double[][][] added = residual(model.with(add(RESID, Slice.positions(1), vector, 1.5)));
    assertThat(added[0][1][3]).isCloseTo(before[0][1][3] + 3, within(1e-6));
    assertThat(added[0][0]).containsExactly(before[0][0]);

    assertThat(residual(model.with(scale(RESID, 0.5)))[2][4][9])
        .isCloseTo(before[2][4][9] / 2, within(1e-7));

    double[][][] edited =
        residual(model.with(edit(RESID, Slice.positions(0), "in place", x -> x.addi(1))));
    assertThat(edited[0][0][0]).isCloseTo(before[0][0][0] + 1, within(1e-6));
    assertThat(edited[0][1]).containsExactly(before[0][1]);
  }

  @Test
  void theyComposeInOrder() {
    double[][][] after =
        residual(model.with(zero(RESID), add(RESID, Slice.ALL, ones(), 2)).with(scale(RESID, 3)));
    assertThat(after[0][0][0]).isEqualTo(6);
  }

  @Test
  void theModelItselfNeverChanges() {
    double[] untouched = Tensors.doubles(model.run(TOKENS).logits());
    model.with(zero(RESID)).run(TOKENS);
    assertThat(Tensors.doubles(model.run(TOKENS).logits())).containsExactly(untouched);
    assertThat(model.interventions()).isEmpty();
  }

  // receipts

  @Test
  void aReceiptSaysHowOftenOnWhichShapesAndHowMuch() {
    Run run = model.with(zero(RESID, Slice.positions(2))).run(TOKENS);
    Receipt receipt = run.receipts().get(0);
    double square = 0;
    for (double[][] row : before) {
      for (double value : row[2]) {
        square += value * value;
      }
    }
    assertThat(receipt.fired()).isEqualTo(1);
    assertThat(receipt.shapes()).containsExactly(List.of(3L, 5L, 48L));
    assertThat(receipt.editNorm()).isCloseTo(Math.sqrt(square), within(1e-4));
  }

  @Test
  void oneThatNeverFiresFailsTheRun() {
    NDArray residual = cache(Sites.RESID_PRE.at(2)).get(Sites.RESID_PRE.at(2));
    HookedTransformer early = model.with(zero(Sites.MLP_OUT.at(0)), zero(Sites.MLP_OUT.at(2)));
    assertThatThrownBy(() -> early.runFrom(2, residual, TOKENS, Capture.nothing()))
        .isInstanceOf(NeverFiredException.class)
        .hasMessageContaining("blocks.0.hook_mlp_out")
        .hasMessageNotContaining("blocks.2.hook_mlp_out");
  }

  // data

  @Test
  void equalInterventionsAreEqual() {
    assertThat(zero(head(1, 2))).isEqualTo(zero(head(1, 2))).isNotEqualTo(zero(head(1, 3)));
    assertThat(patch(RESID, cache(RESID))).isEqualTo(patch(RESID, cache(RESID)));
    assertThat(zero(head(1, 2))).asString().contains("blocks.1.attn.hook_z", "HEAD=[2]");
  }

  // refused when made

  @Test
  void refusesWhatTheModelHasNot() {
    assertRefused(model, zero(head(3, 0)), "blocks.3.attn.hook_z does not exist", "layers 0 to 2");
    assertRefused(model, zero(head(0, 4)), "no HEAD 4", "0 to 3");
    assertRefused(model, zero(RESID, Slice.positions(64)), "no POS 64", "0 to 63");
    assertRefused(model, zero(RESID, Slice.positions(-65)), "no POS -65");
    assertRefused(
        model, zero(Sites.ROT_Q.at(0)), "gpt2 model has no blocks.*.attn.hook_rot_q", "hook_embed");
    assertRefused(grouped, zero(Sites.POS_EMBED.here()), "llama model has no hook_pos_embed");
    assertRefused(
        grouped, zero(Sites.K.at(0), Slice.at(Axis.HEAD, 1)), "cannot be cut on HEAD", "KV_HEAD");
    assertRefused(
        grouped, zero(Sites.K.at(0), Slice.at(Axis.KV_HEAD, 2)), "no KV_HEAD 2", "0 to 1");
    assertRefused(model, zero(Sites.PATTERN.at(0), Slice.positions(1)), "QUERY_POS", "KEY_POS");
    assertRefused(model, zero(Sites.MLP_POST.at(0), Slice.at(Axis.D_MLP, -1)), "no D_MLP -1");
    assertRefused(model, add(RESID, new float[47], 1), "needs length 48", "(47)");
    Site foreign =
        Site.perLayer("sae.hook_features", "features", Axis.BATCH, Axis.POS, Axis.D_MODEL);
    assertRefused(model, zero(foreign.at(0)), "has no blocks.*.sae.hook_features");
  }

  @Test
  void refusesWhatDoesNotFitTheRun() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(zero(RESID, Slice.positions(5))).run(TOKENS))
        .withMessageContaining("Row 0 has 5 tokens")
        .withMessageContaining("got 5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(patch(RESID, cache(RESID))).run(Tokens.of(new long[] {1, 2})))
        .withMessageContaining("(1, 2, 48)")
        .withMessageContaining("(3, 5, 48)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(zero(RESID, Slice.rows(3))).run(TOKENS))
        .withMessageContaining("BATCH");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(edit(RESID, x -> x.get("0"))).run(TOKENS))
        .withMessageContaining("must return the shape it was given");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> zero(HeadSet.of()))
        .withMessageContaining("empty");
  }

  private static void assertRefused(
      HookedTransformer model, Intervention intervention, String... messages) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(intervention))
        .satisfies(e -> assertThat(e.getMessage()).contains(messages));
  }

  private static float[] ones() {
    float[] ones = new float[48];
    java.util.Arrays.fill(ones, 1);
    return ones;
  }
}
