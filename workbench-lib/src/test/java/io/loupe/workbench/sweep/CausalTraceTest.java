package io.loupe.workbench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.datasets.Prompt;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.site.Span;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CausalTraceTest {
  private static final Metric METRIC = Metrics.probability(7, 9);

  /** Two prompts of unequal length, with spans of three tokens and of one. */
  private static Tokens prompts(Tokens.Padding side) {
    return Tokens.padded(side, new long[] {3, 14, 15, 92, 65, 35}, new long[] {27, 18, 28, 18})
        .withSpans(0, List.of(new Span("subject", 1, 4)))
        .withSpans(1, List.of(new Span("subject", 1, 2)));
  }

  /** Each place restored in each draw by a full forward pass with interventions. */
  @Test
  void equalsTheNaiveLoop() {
    for (HookedTransformer model : TinyModels.all(LoadOptions.DOUBLE)) {
      for (Tokens.Padding side : Tokens.Padding.values()) {
        Tokens tokens = prompts(side);
        CausalTrace trace =
            CausalTrace.of(model, tokens, "subject", METRIC).noise(2).draws(2).seed(9);
        assertEqualsNaive(trace.restore(Sites.RESID_POST), model, tokens, Sites.RESID_POST, 1);
        assertEqualsNaive(trace.restore(Sites.MLP_OUT, 2), model, tokens, Sites.MLP_OUT, 2);
        assertEqualsNaive(trace.restore(Sites.ATTN_OUT, 3), model, tokens, Sites.ATTN_OUT, 3);
      }
    }
  }

  private static void assertEqualsNaive(
      TraceEffects effects, HookedTransformer model, Tokens tokens, Site site, int window) {
    ActivationCache clean = model.run(tokens, Capture.of(site)).cache();
    EmbeddingNoise noise = new EmbeddingNoise("subject", effects.sigma(), 9);
    double[][] noised = new double[2][];
    for (int draw = 0; draw < 2; draw++) {
      noised[draw] = METRIC.perExample(model.with(noise.draw(draw)).run(tokens));
      assertThat(effects.noisedByDraw()[draw]).containsExactly(noised[draw], within(1e-9));
    }
    for (int layer = 0; layer < 3; layer++) {
      for (int position = 0; position < 6; position++) {
        for (int row = 0; row < 2; row++) {
          double found = effects.perExample(layer, position)[row];
          if (position >= tokens.length(row)) {
            assertThat(found).isNaN();
            continue;
          }
          double expected = 0;
          for (int draw = 0; draw < 2; draw++) {
            List<Intervention> edits = new ArrayList<>();
            edits.add(noise.draw(draw));
            for (int l = layer - window / 2; l < layer - window / 2 + window; l++) {
              if (l >= 0 && l < 3) {
                Slice slice = Slice.rows(row).andSpan(Axis.POS, "here");
                edits.add(Interventions.patch(site.at(l), slice, clean));
              }
            }
            double restored =
                METRIC.perExample(model.with(edits).run(marked(tokens, position)))[row];
            expected += (restored - noised[draw][row]) / 2;
          }
          assertThat(found)
              .as("%s, layer %d, position %d, row %d", site, layer, position, row)
              .isCloseTo(expected, within(1e-9));
        }
      }
    }
  }

  /** A span at the position, or at a row's last one if it has not so many. */
  private static Tokens marked(Tokens tokens, int position) {
    Tokens marked = tokens;
    for (int row = 0; row < tokens.batch(); row++) {
      int own = Math.min(position, tokens.length(row) - 1);
      List<Span> spans = new ArrayList<>(tokens.spans(row));
      spans.add(new Span("here", own, own + 1));
      marked = marked.withSpans(row, spans);
    }
    return marked;
  }

  @Test
  void restoringTheWholeStreamOfAShortPromptBringsTheAnswerBack() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Tokens one =
        Tokens.of(new long[] {5}, new long[] {6})
            .withSpans(0, List.of(new Span("subject", 0, 1)))
            .withSpans(1, List.of(new Span("subject", 0, 1)));
    TraceEffects effects =
        CausalTrace.of(model, one, "subject", METRIC).draws(3).restore(Sites.RESID_POST);
    for (int layer = 0; layer < 3; layer++) {
      assertThat(effects.restored(layer, 0)).containsExactly(effects.clean(), within(1e-12));
      assertThat(effects.effect(layer, 0)).isCloseTo(effects.totalEffect(), within(1e-12));
    }
    assertThat(effects.totalEffect()).isNotEqualTo(0);
  }

  /** In a causal model nothing before the noise carries any of it. */
  @Test
  void whatStandsBeforeTheNoiseHasNoEffect() {
    HookedTransformer model = TinyModels.llama(LoadOptions.DOUBLE);
    TraceEffects effects =
        CausalTrace.of(model, prompts(Tokens.Padding.LEFT), "subject", METRIC)
            .draws(2)
            .restore(Sites.RESID_POST);
    for (int layer = 0; layer < 3; layer++) {
      assertThat(effects.effect(layer, TraceRole.BEFORE)).isCloseTo(0, within(1e-12));
    }
  }

  @Test
  void noiseDependsOnSeedDrawRowAndPositionAlone() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Tokens left = prompts(Tokens.Padding.LEFT);
    Tokens right = prompts(Tokens.Padding.RIGHT);
    EmbeddingNoise noise = new EmbeddingNoise("subject", 2, 9);
    double[] fromLeft = added(model, left, noise.draw(1), 1, left.column(1, 1));
    double[] fromRight = added(model, right, noise.draw(1), 1, right.column(1, 1));
    assertThat(fromLeft).containsExactly(fromRight);
    assertThat(added(model, left, noise.draw(0), 1, left.column(1, 1))).isNotEqualTo(fromLeft);
    EmbeddingNoise other = new EmbeddingNoise("subject", 2, 10);
    assertThat(added(model, left, other.draw(1), 1, left.column(1, 1))).isNotEqualTo(fromLeft);
    assertThat(added(model, left, noise.draw(1), 0, left.column(0, 1))).isNotEqualTo(fromLeft);
    double[] many = new double[0];
    for (int draw = 0; draw < 60; draw++) {
      double[] more = added(model, left, noise.draw(draw), 0, left.column(0, 2));
      many = IntStream.range(0, many.length + more.length).mapToDouble(pick(many, more)).toArray();
    }
    double mean = Effects.mean(many);
    double square = Arrays.stream(many).map(v -> v * v).average().orElseThrow();
    assertThat(mean).isCloseTo(0, within(0.08)); // 2,880 numbers of deviation 1
    assertThat(square).isCloseTo(1, within(0.12));
  }

  private static java.util.function.IntToDoubleFunction pick(double[] a, double[] b) {
    return i -> i < a.length ? a[i] : b[i - a.length];
  }

  /** Returns what the noise adds to one token's embedding, in its own deviation of 2. */
  private static double[] added(
      HookedTransformer model, Tokens tokens, Intervention noise, int row, int column) {
    assertThat(((Intervention.Noise) noise).sigma()).isEqualTo(2);
    HookPoint embed = Sites.EMBED.here();
    NDIndex token = new NDIndex("{}, {}", row, column);
    NDArray before = model.run(tokens, Capture.at(embed)).cache().get(embed).get(token);
    NDArray after = model.with(noise).run(tokens, Capture.at(embed)).cache().get(embed).get(token);
    return Tensors.vector(after.sub(before).div(2));
  }

  @Test
  void sigmaIsAMultipleOfTheSpansDeviation() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Tokens tokens = prompts(Tokens.Padding.LEFT);
    double[] values = new double[4 * 48];
    long[] ids = {14, 15, 92, 18};
    for (int i = 0; i < ids.length; i++) {
      double[] row = Tensors.doubles(model.weights().get("embed.W_E").get(ids[i]));
      System.arraycopy(row, 0, values, 48 * i, 48);
    }
    double mean = Effects.mean(values);
    double variance = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / 191;
    TraceEffects effects =
        CausalTrace.of(model, tokens, "subject", METRIC).draws(1).restore(Sites.RESID_POST);
    assertThat(effects.sigma()).isCloseTo(3 * Math.sqrt(variance), within(1e-12));
  }

  @Test
  void rolesCoverEachPositionOnce() {
    for (Span span : List.of(new Span("s", 2, 5), new Span("s", 0, 1), new Span("s", 5, 8))) {
      List<Integer> all = new ArrayList<>();
      for (TraceRole role : TraceRole.values()) {
        role.positions(span, 8).forEach(all::add);
      }
      assertThat(all).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7);
    }
    assertThat(TraceRole.FIRST.positions(new Span("s", 2, 5), 8)).containsExactly(2);
    assertThat(TraceRole.LAST.positions(new Span("s", 2, 5), 8)).containsExactly(4);
    assertThat(TraceRole.NEXT.positions(new Span("s", 2, 5), 8)).containsExactly(5);
    assertThat(TraceRole.FURTHER.positions(new Span("s", 2, 5), 8)).containsExactly(6);
    assertThat(TraceRole.END.positions(new Span("s", 2, 5), 8)).containsExactly(7);
  }

  @Test
  void promptsOfAShippedModelAndTheirFigures() throws IOException {
    HookedTransformer model = HookedTransformer.load("stories260k");
    List<Prompt> prompts =
        List.of(
            Prompt.of("Once upon a time there was a little girl named Lily. She")
                .mark("subject", "little girl"),
            Prompt.of("One day a big dog went to the park. He").mark("subject", "big dog"));
    Metric metric = Metrics.logit(Metrics.tokens(model.tokenizer(), " was"));
    TraceEffects effects =
        CausalTrace.of(model, prompts, "subject", metric).draws(3).restore(Sites.MLP_OUT, 2);
    assertThat(effects.table().rows()).isNotEmpty();
    assertThat(effects.display().data()).containsKey("image/svg+xml");
    assertThat(effects.plot().description()).contains("restored");
    assertThat(effects.plot(1).description()).contains("Restoring");
    assertThat(effects.toString()).contains("3 draws", "seed 0", "2 examples", "'subject'");
    assertThat(effects.interval(1, 0, TraceRole.LAST).low())
        .isLessThanOrEqualTo(effects.effect(0, TraceRole.LAST));
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
    Tokens bare = Tokens.of(new long[] {1, 2}, new long[] {3, 4});
    refused(() -> CausalTrace.of(model, bare, "subject", counting), "no span 'subject'");
    CausalTrace trace = CausalTrace.of(model, prompts(Tokens.Padding.LEFT), "subject", counting);
    refused(() -> trace.restore(Sites.PATTERN), "e.g. RESID_POST, MLP_OUT, ATTN_OUT");
    refused(() -> trace.restore(Sites.EMBED), "once in the model");
    refused(() -> trace.restore(Sites.Q_NORM), "does not normalise");
    refused(() -> trace.restore(Sites.MLP_OUT, 0), "1 to 3 layers");
    refused(() -> trace.restore(Sites.MLP_OUT, 4), "1 to 3 layers");
    refused(() -> trace.noise(0), "positive multiple");
    refused(() -> trace.noise(Double.NaN), "positive multiple");
    refused(() -> trace.draws(0), "at least once");
    assertThat(runs).isEmpty();
  }

  private static void refused(Runnable request, String message) {
    assertThatIllegalArgumentException().isThrownBy(request::run).withMessageContaining(message);
  }
}
