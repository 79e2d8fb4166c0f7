package io.loupe.workbench.lens;

import static io.loupe.workbench.testing.Checkpoints.load;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.BlockSpec;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.HeadSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attribution on every family: its parts sum to the logit, or it is refused. */
class DirectLogitAttributionTest {
  private static final Tokens TOKENS =
      Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7});
  private static final Set<String> REFUSED =
      Set.of(
          "golden/bert",
          "golden/roberta",
          "golden/distilbert",
          "variants/bert-relu",
          "variants/bert-untied",
          "variants/distilbert-sinusoidal",
          "variants/roberta-pad-0",
          "variants/opt-post-norm",
          "variants/bloom-residual-after-norm");

  static Stream<String> sums() throws IOException {
    return Checkpoints.all().filter(name -> !REFUSED.contains(name));
  }

  static Stream<String> refused() {
    return REFUSED.stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("sums")
  void sumsToTheLogit(String checkpoint) throws IOException {
    HookedTransformer model = load(checkpoint, LoadOptions.DEFAULT);
    Tokens whole = Expected.of(checkpoint).tokens("input_ids");
    for (HookedTransformer gauged : new HookedTransformer[] {model, model.folded()}) {
      check(gauged, whole, 1e-4);
      check(gauged, TOKENS, 1e-4);
    }
  }

  /** In float64 the remainder is rounding: nothing small is forgotten. */
  @ParameterizedTest
  @MethodSource("sums")
  void sumsExactly(String checkpoint) throws IOException {
    HookedTransformer model = load(checkpoint, LoadOptions.DOUBLE);
    check(model, TOKENS, 1e-10);
    check(model.folded(), TOKENS, 1e-10);
  }

  private static void check(HookedTransformer model, Tokens tokens, double tolerance) {
    Run run = model.run(tokens);
    OptionalDouble cap = model.config().head().softCap();
    double[] seven = logit(run, 7);
    DirectLogitAttribution one = DirectLogitAttribution.of(model, tokens, 7);
    DirectLogitAttribution two = DirectLogitAttribution.of(model, tokens, 7, 9);
    double[] difference = Metrics.logitDifference(7, 9).perExample(run);
    for (int row = 0; row < seven.length; row++) {
      assertThat(one.remainders()[row]).isCloseTo(0, within(tolerance));
      assertThat(two.remainders()[row]).isCloseTo(0, within(tolerance));
      assertThat(one.cappedLogits()[row]).isCloseTo(seven[row], within(1e-5));
      assertThat(two.cappedLogits()[row]).isCloseTo(difference[row], within(1e-5));
      double attributed = one.logits()[row];
      double given =
          cap.isPresent()
              ? cap.getAsDouble() * Math.tanh(attributed / cap.getAsDouble())
              : attributed;
      assertThat(given).isCloseTo(seven[row], within(1e-5));
    }
  }

  private static double[] logit(Run run, long token) {
    return Tensors.vector(Metrics.last(run.logits(), run.tokens()).get(":, " + token));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesBeforeARunWhatIsNoSum(String checkpoint) throws IOException {
    AtomicInteger runs = new AtomicInteger();
    HookedTransformer model =
        load(checkpoint, LoadOptions.DEFAULT)
            .with(
                Interventions.edit(
                    Sites.EMBED.here(),
                    x -> {
                      runs.incrementAndGet();
                      return x;
                    }));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DirectLogitAttribution.of(model, TOKENS, 7))
        .withMessageContaining(model.config().family())
        .withMessageContaining("LogitLens.of(model, tokens)")
        .withMessageContaining(model.config().block().norms().toString());
    assertThat(runs).hasValue(0);
  }

  @Test
  void refusesADenseLayerBeforeTheLogits() {
    HeadSpec dense =
        new HeadSpec(
            java.util.Optional.of(io.loupe.workbench.nn.Activation.GELU),
            true,
            OptionalDouble.empty());
    HookedTransformer model =
        madeUp(EmbeddingSpec.LEARNED_POSITIONS, BlockSpec.Norms.BEFORE, dense);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DirectLogitAttribution.of(model, TOKENS, 7))
        .withMessageContaining("dense layer with GELU")
        .withMessageContaining("LogitLens.of(model, tokens)");
  }

  /** The sum alone would not show a head that gets another one's share. */
  @ParameterizedTest
  @ValueSource(strings = {"gemma3_text", "olmo2", "gpt_neox", "bloom", "phi", "qwen2"})
  void aLastLayerHeadsPartIsItsEffectUnderFrozenScales(String family) throws IOException {
    HookedTransformer model = load("golden/" + family, LoadOptions.DOUBLE);
    int last = model.config().layers() - 1;
    Head head = new Head(last, 1);
    boolean behind = model.config().block().norms().hasBehind();
    Run clean =
        model.run(TOKENS, Capture.of(Sites.LN_FINAL_SCALE, Sites.LN1_POST_SCALE, Sites.MLP_OUT));
    HookedTransformer frozen =
        model.with(
            Interventions.zero(head),
            Interventions.patch(Sites.MLP_OUT.at(last), clean.cache()),
            Interventions.patch(Sites.LN_FINAL_SCALE.here(), clean.cache()));
    if (behind) {
      frozen = frozen.with(Interventions.patch(Sites.LN1_POST_SCALE.at(last), clean.cache()));
    }
    double effect =
        Metrics.logitDifference(7, 9).of(clean)
            - Metrics.logitDifference(7, 9).of(frozen.run(TOKENS));
    DirectLogitAttribution attribution = DirectLogitAttribution.of(model, TOKENS, 7, 9);
    assertThat(Math.abs(effect)).isGreaterThan(1e-6);
    assertThat(attribution.mean(head.toString())).isCloseTo(effect, within(1e-9));
    assertThat(attribution.heads()[last][1]).isEqualTo(attribution.mean(head.toString()));
  }

  @Test
  void namesWhatWritesToTheStream() throws IOException {
    assertThat(names("golden/gpt2")).startsWith("embed", "pos_embed", "L0H0");
    assertThat(names("golden/bloom")).startsWith("embed_ln", "L0H0").doesNotContain("embed");
    assertThat(names("golden/gemma2"))
        .startsWith("embed", "L0H0")
        .contains("L2 mlp")
        .doesNotContain("L0 attention bias");
    assertThat(names("golden/phi")).contains("L1 attention bias");
    HookedTransformer typed =
        madeUp(new EmbeddingSpec(true, true, 3, false), BlockSpec.Norms.AROUND, HeadSpec.NORMED);
    assertThat(names(typed)).startsWith("embed", "pos_embed", "token_type_embed", "L0H0");
    check(typed, TOKENS, 1e-10);
  }

  private static List<String> names(String checkpoint) throws IOException {
    return names(load(checkpoint, LoadOptions.DEFAULT));
  }

  private static List<String> names(HookedTransformer model) {
    return DirectLogitAttribution.of(model, TOKENS, 7).components().stream()
        .map(DirectLogitAttribution.Component::name)
        .toList();
  }

  /** Values' biases are the output bias's part once they are folded; the whole stays. */
  @Test
  void theGaugeMovesPartsAndNotTheDifference() throws IOException {
    HookedTransformer model = load("golden/gpt2", LoadOptions.DOUBLE);
    DirectLogitAttribution raw = DirectLogitAttribution.of(model, TOKENS, 7, 9);
    DirectLogitAttribution folded = DirectLogitAttribution.of(model.folded(), TOKENS, 7, 9);
    assertThat(folded.logits()[0]).isCloseTo(raw.logits()[0], within(1e-10));
    String bias = "L1 attention bias";
    assertThat(Math.abs(folded.mean(bias) - raw.mean(bias))).isGreaterThan(1e-5);
    double attentionRaw = raw.mean(bias) + Arrays.stream(raw.heads()[1]).sum();
    double attentionFolded = folded.mean(bias) + Arrays.stream(folded.heads()[1]).sum();
    assertThat(attentionFolded).isCloseTo(attentionRaw, within(1e-10));
    assertThat(raw.plot().title()).contains("raw weights");
    assertThat(folded.plot().title()).contains("folded weights");
    assertThat(folded.gauge().isFolded()).isTrue();
  }

  @Test
  void bothLogitsAreThereWhereTheModelCapsThem() throws IOException {
    HookedTransformer model = load("golden/gemma2", LoadOptions.DEFAULT);
    DirectLogitAttribution attribution = DirectLogitAttribution.of(model, TOKENS, 7);
    assertThat(attribution.cappedLogits()[0]).isNotEqualTo(attribution.logits()[0]);
    assertThat(attribution.plot().title()).contains("before the soft cap");
    DirectLogitAttribution plain =
        DirectLogitAttribution.of(load("golden/gpt2", LoadOptions.DEFAULT), TOKENS, 7);
    assertThat(plain.cappedLogits()).isEqualTo(plain.logits());
    assertThat(plain.plot().title()).doesNotContain("soft cap");
  }

  private static HookedTransformer madeUp(
      EmbeddingSpec embedding, BlockSpec.Norms norms, HeadSpec head) {
    ModelConfig tiny = TinyModels.gpt2(LoadOptions.DEFAULT).config();
    return HookedTransformer.random(
        new ModelConfig(
            "made up",
            tiny.sizes(),
            tiny.norm(),
            embedding,
            tiny.attention(),
            new BlockSpec(norms, false),
            tiny.mlp(),
            head),
        3,
        LoadOptions.DOUBLE);
  }
}
