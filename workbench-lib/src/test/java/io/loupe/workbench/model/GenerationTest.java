package io.loupe.workbench.model;

import static io.loupe.workbench.intervention.Interventions.add;
import static io.loupe.workbench.intervention.Interventions.edit;
import static io.loupe.workbench.intervention.Interventions.patch;
import static io.loupe.workbench.intervention.Interventions.scale;
import static io.loupe.workbench.intervention.Interventions.zero;
import static io.loupe.workbench.site.Head.head;
import static io.loupe.workbench.site.Sites.ATTN_OUT;
import static io.loupe.workbench.site.Sites.LOGITS;
import static io.loupe.workbench.site.Sites.MLP_OUT;
import static io.loupe.workbench.site.Sites.PATTERN;
import static io.loupe.workbench.site.Sites.RESID_POST;
import static io.loupe.workbench.site.Sites.RESID_PRE;
import static io.loupe.workbench.site.Sites.V;
import static io.loupe.workbench.site.Sites.Z;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.NeverFiredException;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GenerationTest {
  private static final HookedTransformer GPT2 = TinyModels.gpt2(LoadOptions.DOUBLE);
  private static final HookedTransformer LLAMA = TinyModels.llama(LoadOptions.DOUBLE);
  private static final Tokens PROMPTS =
      Tokens.padded(
              Tokens.Padding.RIGHT,
              new long[] {5, 9, 33, 7, 100, 3},
              new long[] {8, 8, 61},
              new long[] {1, 2, 3, 4, 5})
          .withSpans(0, List.of(new Span("needle", 1, 3)))
          .withSpans(1, List.of(new Span("needle", 0, 1)))
          .withSpans(2, List.of(new Span("needle", 4, 5)));

  static Stream<Intervention> interventions() {
    float[] vector = new float[48];
    Arrays.fill(vector, 0, 20, 0.7f);
    ActivationCache source =
        GPT2.run(Tokens.of(new long[6], new long[6], new long[6]), Capture.everything()).cache();
    ActivationCache longer =
        GPT2.run(Tokens.of(new long[9], new long[9], new long[9]), Capture.everything()).cache();
    return Stream.of(
        zero(head(1, 2)),
        scale(MLP_OUT.at(0), 3),
        scale(RESID_POST.at(1), Slice.positions(-1), 2),
        scale(RESID_POST.at(1), Slice.positions(0, 7), 2), // 7 is not there yet in the prompt
        scale(V.at(0), Slice.span("needle").and(Axis.KV_HEAD, 1), -2),
        scale(PATTERN.at(1), Slice.at(Axis.KEY_POS, 1).and(Axis.HEAD, 0), 0.1),
        scale(PATTERN.at(2), Slice.at(Axis.QUERY_POS, -1), 0.5),
        add(RESID_PRE.at(2), vector, 1.5),
        patch(ATTN_OUT.at(1), source),
        patch(RESID_POST.at(0), Slice.positions(2), source),
        patch(Z.at(1), longer),
        patch(PATTERN.at(0), longer),
        edit(RESID_PRE.at(1), x -> x.add(x.mean(new int[] {1}, true))));
  }

  /** What it does to a step depends on that step alone, be the others in a cache or not. */
  @ParameterizedTest
  @MethodSource("interventions")
  void interventionsActTheSameWithTheCacheAndWithout(Intervention intervention) {
    HookedTransformer model = GPT2.with(intervention);
    GenerationOptions options = GenerationOptions.greedy(6).capturing(Capture.of(LOGITS));
    Generation cached = model.generate(PROMPTS, options);
    Generation anew = model.generate(PROMPTS, options.withoutCache());
    for (int step = 0; step < 6; step++) {
      double[] expected = Tensors.doubles(anew.steps().get(step).cache().get(LOGITS));
      assertThat(Tensors.doubles(cached.steps().get(step).cache().get(LOGITS)))
          .as("step %d", step)
          .containsExactly(expected, within(1e-9));
    }
    assertThat(cached.receipts().get(0).fired()).isEqualTo(anew.receipts().get(0).fired());
    assertThat(cached.receipts().get(0).editNorm())
        .isCloseTo(anew.receipts().get(0).editNorm(), within(1e-9))
        .isPositive();
  }

  /** Edits that do not depend on the step act as in a plain run on the whole text. */
  @Test
  void interventionsActAsInAPlainRun() {
    List<Intervention> edits =
        List.of(
            zero(head(1, 2)),
            scale(MLP_OUT.at(0), 3),
            scale(V.at(0), Slice.span("needle"), -2),
            scale(RESID_POST.at(1), Slice.positions(1), 2));
    Generation generation = GPT2.with(edits).generate(PROMPTS, GenerationOptions.greedy(5));
    for (GenerationStep step : generation.steps()) {
      NDArray logits = GPT2.with(edits).run(step.seen()).logits();
      for (int row = 0; row < 3; row++) {
        NDArray last = logits.get(new NDIndex("{}, {}", row, step.seen().column(row, -1)));
        assertThat(step.emitted().get(row)).hasValue(last.argMax().getLong());
      }
    }
  }

  @Test
  void minusOneIsThePromptsLastTokenAndThenEachNewOne() {
    List<Long> seen = new ArrayList<>();
    Intervention noting =
        edit(
            RESID_PRE.at(0),
            Slice.positions(-1),
            "note",
            x -> {
              seen.add(x.getShape().get(1));
              return x.mul(2);
            });
    Generation generation = GPT2.with(noting).generate(PROMPTS, GenerationOptions.greedy(4));
    assertThat(seen).containsExactly(6L, 1L, 1L, 1L);
    assertThat(generation.receipts().get(0).fired()).isEqualTo(4);
  }

  @Test
  void aPatchActsWhereItsTextReached() {
    ActivationCache source = GPT2.run(Tokens.of(new long[6]), Capture.everything()).cache();
    Tokens prompt = Tokens.of(PROMPTS.row(0));
    Generation generation =
        GPT2.with(patch(MLP_OUT.at(1), source)).generate(prompt, GenerationOptions.greedy(4));
    assertThat(generation.receipts().get(0).shapes()).containsExactly(List.of(1L, 6L, 48L));
    Tokens shorter = Tokens.of(new long[] {1, 2});
    assertThatIllegalArgumentException() // the prompt itself must have the recorded length
        .isThrownBy(
            () ->
                GPT2.with(patch(MLP_OUT.at(1), GPT2.run(shorter, Capture.everything()).cache()))
                    .generate(prompt, GenerationOptions.greedy(1)))
        .withMessageContaining("blocks.1.hook_mlp_out");
  }

  @Test
  void aPositionThatIsNeverReachedFailsTheGeneration() {
    HookedTransformer model = GPT2.with(scale(RESID_POST.at(0), Slice.positions(30), 2));
    assertThatExceptionOfType(NeverFiredException.class)
        .isThrownBy(() -> model.generate(PROMPTS, GenerationOptions.greedy(3)))
        .withMessageContaining("30");
    HookedTransformer before = GPT2.with(scale(RESID_POST.at(0), Slice.positions(-6), 2));
    assertThatIllegalArgumentException() // the second row has three tokens
        .isThrownBy(() -> before.generate(PROMPTS, GenerationOptions.greedy(3)))
        .withMessageContaining("Row 1 has 3 tokens");
  }

  @Test
  void eachStepsAttentionBelongsToTheTokenItEmitted() {
    for (HookedTransformer model : List.of(GPT2, LLAMA)) {
      Generation generation =
          model.generate(PROMPTS, GenerationOptions.greedy(4).capturing(Capture.of(PATTERN)));
      for (GenerationStep step : generation.steps()) {
        ActivationCache whole = model.run(step.seen(), Capture.of(PATTERN)).cache();
        for (int row = 0; row < 3; row++) {
          double[][] attention = step.attention(2, row);
          int[] columns = step.seen().columns(row);
          int query = columns[columns.length - 1];
          NDArray expected = whole.get(PATTERN.at(2)).get(new NDIndex("{}, :, {}", row, query));
          for (int head = 0; head < 4; head++) {
            assertThat(attention[head]).hasSize(step.seen().length(row));
            assertThat(Arrays.stream(attention[head]).sum()).isCloseTo(1, within(1e-12));
            for (int i = 0; i < columns.length; i++) {
              assertThat(attention[head][i])
                  .isCloseTo(Tensors.matrix(expected)[head][columns[i]], within(1e-12));
            }
          }
        }
      }
      GenerationStep without = model.generate(PROMPTS, GenerationOptions.greedy(1)).steps().get(0);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> without.attention(0, 0))
          .withMessageContaining("Capture");
    }
  }

  @Test
  void capturedPositionsAreThoseOfTheStep() {
    Generation generation =
        GPT2.generate(
            PROMPTS, GenerationOptions.greedy(3).capturing(Capture.of(RESID_POST).positions(-1)));
    for (GenerationStep step : generation.steps()) {
      assertThat(step.cache().get(RESID_POST.at(0)).getShape().getShape())
          .containsExactly(3, 1, 48);
    }
    Generation first =
        GPT2.generate(
            PROMPTS, GenerationOptions.greedy(2).capturing(Capture.of(RESID_POST).positions(1)));
    assertThat(first.steps().get(0).cache().has(RESID_POST.at(0))).isTrue();
    assertThat(first.steps().get(1).cache().points()).isEmpty();
  }

  @Test
  void spansKeepTheirMeaningAndRowsTheirPrompts() {
    Generation generation = GPT2.generate(PROMPTS, GenerationOptions.greedy(4));
    for (int row = 0; row < 3; row++) {
      assertThat(generation.tokens().span(row, "needle")).isEqualTo(PROMPTS.span(row, "needle"));
      assertThat(generation.tokens().row(row))
          .startsWith(PROMPTS.row(row))
          .hasSize(PROMPTS.length(row) + 4);
      assertThat(generation.continuation(row)).hasSize(4);
    }
    assertThat(generation.steps().get(2).seen().span(0, "needle"))
        .isEqualTo(new Span("needle", 1, 3));
  }

  @Test
  void stopTokensEndRowsOneByOne() {
    long[] free = GPT2.generate(PROMPTS, GenerationOptions.greedy(6)).continuation(0);
    long stop = free[2];
    int first = 0;
    while (free[first] != stop) {
      first++;
    }
    Generation stopped = GPT2.generate(PROMPTS, GenerationOptions.greedy(6).stopAtToken(stop));
    assertThat(stopped.continuation(0)).containsExactly(Arrays.copyOf(free, first + 1));
    if (stopped.steps().size() > first + 1) {
      GenerationStep after = stopped.steps().get(first + 1);
      assertThat(after.emitted().get(0)).isEqualTo(OptionalLong.empty());
      assertThat(after.logProbabilities().get(0)).isNaN();
    }
    // the others go on as if nothing had ended
    Tokens others = Tokens.of(PROMPTS.row(2));
    assertThat(stopped.continuation(2))
        .containsExactly(
            GPT2.generate(others, GenerationOptions.greedy(6).stopAtToken(stop)).continuation(0));
  }

  @Test
  void stopTextsEndARow() throws IOException {
    HookedTransformer stories = HookedTransformer.load("stories260k");
    String prompt = "Once upon a time, there was a little girl named";
    String text = stories.generate(prompt, GenerationOptions.greedy(60).stopAt(".")).text();
    assertThat(text).startsWith(prompt).endsWith(".");
    assertThat(text.substring(0, text.length() - 1)).doesNotContain(".");
    assertThatIllegalStateException()
        .isThrownBy(() -> GPT2.generate(PROMPTS, GenerationOptions.greedy(1).stopAt("x")))
        .withMessageContaining("tokenizer");
  }

  @Test
  void eachStepIsReported() {
    List<Integer> heard = new ArrayList<>();
    Generation generation =
        GPT2.generate(PROMPTS, GenerationOptions.greedy(3).onStep(step -> heard.add(step.index())));
    assertThat(heard).containsExactly(0, 1, 2);
    for (int step = 0; step < 3; step++) {
      for (int row = 0; row < 3; row++) {
        assertThat(generation.steps().get(step).emitted().get(row))
            .hasValue(generation.continuation(row)[step]);
      }
    }
  }

  @Test
  void theSameSeedDrawsTheSameTokens() {
    Sampling sampling = Sampling.withTemperature(2);
    GenerationOptions options = GenerationOptions.sampled(8, sampling, 7);
    Tokens once = GPT2.generate(PROMPTS, options).tokens();
    Generation again = GPT2.with(zero(head(0, 1))).generate(PROMPTS, options);
    assertThat(again.provenance().interventions()).hasSize(1);
    assertThat(again.provenance().gauge()).isEqualTo("raw");
    assertThat(again.options().seed()).isEqualTo(7);
    assertThat(GPT2.generate(PROMPTS, options).tokens()).isEqualTo(once);
    assertThat(GPT2.generate(PROMPTS, GenerationOptions.sampled(8, sampling, 8)).tokens())
        .isNotEqualTo(once);
  }

  @Test
  void drawsFollowTheDistribution() {
    double[] logits = {Math.log(0.5), Math.log(0.3), Math.log(0.15), Math.log(0.05)};
    assertThat(frequencies(Sampling.fromModel(), logits))
        .containsExactly(new double[] {0.5, 0.3, 0.15, 0.05}, within(0.01));
    double[] sharper = {0.25, 0.09, 0.0225, 0.0025}; // squared, at temperature 1/2
    double sum = Arrays.stream(sharper).sum();
    assertThat(frequencies(Sampling.withTemperature(0.5), logits))
        .containsExactly(Arrays.stream(sharper).map(p -> p / sum).toArray(), within(0.01));
    assertThat(frequencies(Sampling.fromModel().topK(2), logits))
        .containsExactly(new double[] {0.625, 0.375, 0, 0}, within(0.01));
    assertThat(frequencies(Sampling.fromModel().topP(0.9), logits))
        .containsExactly(new double[] {0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0}, within(0.01));
    assertThat(frequencies(Sampling.fromModel().topP(0.4), logits))
        .containsExactly(new double[] {1, 0, 0, 0}, within(1e-9));
    assertThat(frequencies(Sampling.mostProbable(), logits))
        .containsExactly(new double[] {1, 0, 0, 0}, within(1e-9));
  }

  private static double[] frequencies(Sampling sampling, double[] logits) {
    SplittableRandom random = new SplittableRandom(1);
    double[] counts = new double[logits.length];
    for (int i = 0; i < 40_000; i++) {
      counts[sampling.choose(logits, random)] += 1.0 / 40_000;
    }
    return counts;
  }

  @Test
  void wrongRequestsAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> GenerationOptions.greedy(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Sampling.withTemperature(0))
        .withMessageContaining("mostProbable");
    assertThatIllegalArgumentException().isThrownBy(() -> Sampling.fromModel().topK(0));
    assertThatIllegalArgumentException().isThrownBy(() -> Sampling.fromModel().topP(0));
    assertThatIllegalArgumentException().isThrownBy(() -> Sampling.fromModel().topP(1.1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GPT2.generate(PROMPTS, GenerationOptions.greedy(59)))
        .withMessageContaining("row 0")
        .withMessageContaining("context of 64");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PROMPTS.append(List.of(OptionalLong.of(1))))
        .withMessageContaining("3 rows");
    HookedTransformer broken = GPT2.with(scale(LOGITS.here(), Double.NaN));
    assertThatIllegalStateException()
        .isThrownBy(() -> broken.generate(PROMPTS, GenerationOptions.greedy(1)))
        .withMessageContaining("NaN");
  }
}
