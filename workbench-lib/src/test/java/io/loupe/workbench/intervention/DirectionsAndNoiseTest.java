package io.loupe.workbench.intervention;

import static io.loupe.workbench.intervention.Interventions.copy;
import static io.loupe.workbench.intervention.Interventions.gate;
import static io.loupe.workbench.intervention.Interventions.noise;
import static io.loupe.workbench.intervention.Interventions.projectOut;
import static io.loupe.workbench.intervention.Interventions.scaleDirections;
import static io.loupe.workbench.intervention.Interventions.skipLayer;
import static io.loupe.workbench.intervention.Interventions.zero;
import static io.loupe.workbench.site.Sites.EMBED;
import static io.loupe.workbench.site.Sites.LOGITS;
import static io.loupe.workbench.site.Sites.MLP_OUT;
import static io.loupe.workbench.site.Sites.RESID_POST;
import static io.loupe.workbench.site.Sites.RESID_PRE;
import static io.loupe.workbench.site.Sites.Z;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Generation;
import io.loupe.workbench.model.GenerationOptions;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Directions, gates, noise, parts left out, and steps of a generation, by hand. */
class DirectionsAndNoiseTest {
  private static final HookPoint RESID = RESID_POST.at(1);
  private static final Tokens TOKENS =
      Tokens.of(new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7, 6, 5});

  private final HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);

  private double[][][] read(HookPoint at, Tokens tokens, Intervention... edits) {
    return Tensors.matrices(model.with(edits).run(tokens, Capture.at(at)).cache().get(at));
  }

  private static float[] random(long seed) {
    Random random = new Random(seed);
    float[] vector = new float[48];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (3 * random.nextGaussian());
    }
    return vector;
  }

  private static double dot(double[] a, float[] b) {
    return IntStream.range(0, b.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  @Test
  void aDirectionIsScaledAndTheRestStays() {
    float[] v = random(1);
    double norm = IntStream.range(0, 48).mapToDouble(i -> v[i] * (double) v[i]).sum();
    double[][][] before = read(RESID, TOKENS);
    double[][][] after = read(RESID, TOKENS, scaleDirections(RESID, Slice.positions(2), 3, v));
    double along = dot(before[1][2], v) / norm;
    double[] expected =
        IntStream.range(0, 48).mapToDouble(i -> before[1][2][i] + 2 * along * v[i]).toArray();
    assertThat(after[1][2]).containsExactly(expected, within(1e-12));
    assertThat(after[1][1]).containsExactly(before[1][1]);
  }

  /** The directions need not be perpendicular; what is left is perpendicular to each. */
  @Test
  void projectedOutNothingIsLeftAlongAnyDirection() {
    float[] v = random(1);
    float[] w = random(2);
    for (int i = 0; i < 48; i++) {
      w[i] = w[i] * 0.01f + v[i];
    }
    double[][][] after = read(RESID, TOKENS, projectOut(RESID, Slice.ALL, v, w));
    for (double[] position : after[0]) {
      assertThat(dot(position, v)).isCloseTo(0, within(1e-11));
      assertThat(dot(position, w)).isCloseTo(0, within(1e-11));
    }
    assertThat(Math.abs(dot(read(RESID, TOKENS)[0][1], w))).isGreaterThan(1e-3);
  }

  @Test
  void directionsThatSpanNothingAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> projectOut(RESID, Slice.ALL))
        .withMessageContaining("at least one");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> projectOut(RESID, Slice.ALL, new float[48]))
        .withMessageContaining("points nowhere");
    float[] v = random(1);
    float[] twice = random(1);
    for (int i = 0; i < 48; i++) {
      twice[i] *= 2;
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> projectOut(RESID, Slice.ALL, v, twice))
        .withMessageContaining("Direction 1 lies in the span");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(projectOut(RESID, Slice.ALL, new float[] {1, 2})))
        .withMessageContaining("needs length 48 (D_MODEL)");
  }

  @Test
  void gatesMultiplyHeads() {
    HookPoint at = Z.at(1);
    double[] before = Tensors.doubles(model.run(TOKENS, Capture.at(at)).cache().get(at));
    double[] after =
        Tensors.doubles(
            model.with(gate(1, 0, 1, 0.5, -2)).run(TOKENS, Capture.at(at)).cache().get(at));
    double[] gates = {0, 1, 0.5, -2};
    for (int i = 0; i < before.length; i++) {
      assertThat(after[i]).isCloseTo(before[i] * gates[i / 12 % 4], within(1e-12));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(gate(1, 1, 2)))
        .withMessageContaining("each of 4 heads; got 2");
  }

  @Test
  void noiseIsOfItsSizeAndBelongsToRowAndPosition() {
    Tokens many = Tokens.of(new long[32], new long[32]);
    HookPoint at = EMBED.here();
    double[][][] before = read(at, many);
    double[][][] after = read(at, many, noise(at, Slice.ALL, 0.5, 7));
    double[] drawn = new double[2 * 32 * 48];
    for (int i = 0; i < drawn.length; i++) {
      int row = i / (32 * 48);
      int position = i / 48 % 32;
      drawn[i] = after[row][position][i % 48] - before[row][position][i % 48];
    }
    double mean = Arrays.stream(drawn).average().orElseThrow();
    double square = Arrays.stream(drawn).map(x -> x * x).average().orElseThrow();
    assertThat(mean).isCloseTo(0, within(0.03));
    assertThat(Math.sqrt(square)).isCloseTo(0.5, within(0.02));
    assertThat(Arrays.stream(drawn).distinct().count()).isGreaterThan(drawn.length * 9L / 10);
    assertThat(read(at, many, noise(at, Slice.ALL, 0.5, 7))).isDeepEqualTo(after);
    assertThat(read(at, many, noise(at, Slice.ALL, 0.5, 8))[0][0]).isNotEqualTo(after[0][0]);
    // a shorter text gets the same at its positions, padded or not
    Tokens padded = Tokens.padded(Tokens.Padding.LEFT, new long[5], new long[3]);
    double[][][] shorter = read(at, padded, noise(at, Slice.span("s"), 0.5, 7), padded);
    assertThat(shorter[1][3]).containsExactly(after[1][1]);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> model.with(noise(io.loupe.workbench.site.Sites.PATTERN.at(0), Slice.ALL, 1, 1)))
        .withMessageContaining("where axis 1 is POS");
  }

  private double[][][] read(HookPoint at, Tokens tokens, Intervention edit, Tokens spanned) {
    Tokens named =
        spanned
            .withSpans(0, List.of(new Span("s", 0, 5)))
            .withSpans(1, List.of(new Span("s", 0, 3)));
    return Tensors.matrices(model.with(edit).run(named, Capture.at(at)).cache().get(at));
  }

  @Test
  void aSkippedLayerLeavesTheStreamAsItWas() {
    double[][][] before = read(RESID_PRE.at(1), TOKENS);
    assertThat(read(RESID_POST.at(1), TOKENS, skipLayer(1))).isDeepEqualTo(before);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(copy(RESID_PRE.at(0), RESID_POST.at(0))))
        .withMessageContaining("must come before it");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.with(copy(RESID_POST.at(1), Z.at(0))))
        .withMessageContaining("have its axes");
    double[][] residual =
        Tensors.matrix(model.run(TOKENS, Capture.at(RESID)).cache().get(RESID).get(0));
    assertThat(residual).hasNumberOfRows(5);
    HookedTransformer skipping = model.with(skipLayer(1));
    assertThatThrownBy(
            () ->
                skipping
                    .with(copy(RESID_POST.at(2), RESID_PRE.at(0)))
                    .runFrom(
                        1,
                        model.run(TOKENS, Capture.at(RESID_PRE.at(1))).cache().get(RESID_PRE.at(1)),
                        TOKENS,
                        Capture.nothing()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("blocks.0.hook_resid_pre, which this run did not compute");
  }

  // steps of a generation

  @Test
  void stepsSayWhenAnEditActs() {
    GenerationOptions options = GenerationOptions.greedy(5).capturing(Capture.of(LOGITS));
    Intervention late = zero(MLP_OUT.at(1), Slice.ALL.fromStep(2));
    Generation plain = model.generate(TOKENS, options);
    Generation edited = model.with(late).generate(TOKENS, options);
    assertThat(edited.receipts().get(0).fired()).isEqualTo(3);
    for (int step = 0; step < 2; step++) {
      assertThat(logits(edited, step)).containsExactly(logits(plain, step));
    }
    assertThat(logits(edited, 2)).isNotEqualTo(logits(plain, 2));
    Generation first =
        model.with(zero(MLP_OUT.at(1), Slice.ALL.inSteps(0, 1))).generate(TOKENS, options);
    assertThat(first.receipts().get(0).fired()).isEqualTo(1);
    Generation anew = model.with(late).generate(TOKENS, options.withoutCache());
    assertThat(logits(anew, 4)).containsExactly(logits(edited, 4), within(1e-9));
  }

  private static double[] logits(Generation generation, int step) {
    return Tensors.doubles(generation.steps().get(step).cache().get(LOGITS.here()));
  }

  @Test
  void aPlainRunIsStepZero() {
    assertThat(
            model.with(zero(RESID, Slice.ALL.inSteps(0, 3))).run(TOKENS).receipts().get(0).fired())
        .isEqualTo(1);
    assertThatThrownBy(() -> model.with(zero(RESID, Slice.ALL.fromStep(1))).run(TOKENS))
        .isInstanceOf(NeverFiredException.class)
        .hasMessageContaining("in steps 1-");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Slice.ALL.inSteps(2, 2))
        .withMessageContaining("counted from 0");
  }
}
