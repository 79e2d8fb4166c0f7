package io.loupe.workbench.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LensTest {
  private static final Tokens TOKENS =
      Tokens.padded(Tokens.Padding.LEFT, new long[] {1, 2, 3, 4, 5}, new long[] {9, 8, 7});

  static Stream<HookedTransformer> models() throws IOException {
    return Stream.concat(
        TinyModels.all(LoadOptions.DEFAULT).stream(),
        Stream.of(
            HookedTransformer.load(Expected.folder("golden/gpt2").toString()),
            HookedTransformer.load(Expected.folder("golden/llama").toString())));
  }

  @ParameterizedTest
  @MethodSource("models")
  void directLogitAttributionSumsToTheLogit(HookedTransformer model) {
    Run run = model.run(TOKENS);
    check(DirectLogitAttribution.of(model, TOKENS, 7), logit(run, 7));
    double[] difference = Metrics.logitDifference(7, 9).perExample(run);
    check(DirectLogitAttribution.of(model, TOKENS, 7, 9), difference);
  }

  private static void check(DirectLogitAttribution attribution, double[] logits) {
    for (int row = 0; row < logits.length; row++) {
      assertThat(attribution.logits()[row]).isCloseTo(logits[row], within(1e-5));
      double sum = Arrays.stream(attribution.values()[row]).sum();
      assertThat(Math.abs(sum - logits[row])).isLessThanOrEqualTo(1e-3 * Math.abs(logits[row]));
      assertThat(attribution.remainders()[row]).isCloseTo(0, within(1e-4));
    }
  }

  private static double[] logit(Run run, long token) {
    return Tensors.vector(Metrics.last(run.logits(), run.tokens()).get(":, " + token));
  }

  /**
   * With the norm's scale frozen, taking a head of the last layer away moves the logit by its
   * attribution.
   */
  @Test
  void aLastLayerHeadsAttributionIsItsEffectUnderAFrozenScale() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Head head = new Head(2, 1);
    DirectLogitAttribution attribution = DirectLogitAttribution.of(model, TOKENS, 7, 9);
    Run clean =
        model.run(TOKENS, io.loupe.workbench.model.Capture.of(Sites.LN_FINAL_SCALE, Sites.MLP_OUT));
    HookedTransformer frozen =
        model.with(
            Interventions.zero(head),
            Interventions.patch(Sites.MLP_OUT.at(2), clean.cache()),
            Interventions.patch(Sites.LN_FINAL_SCALE.here(), clean.cache()));
    double effect =
        Metrics.logitDifference(7, 9).of(clean)
            - Metrics.logitDifference(7, 9).of(frozen.run(TOKENS));
    assertThat(attribution.mean(head.toString())).isCloseTo(effect, within(1e-9));
    assertThat(attribution.heads()[2][1]).isEqualTo(attribution.mean("L2H1"));
  }

  @Test
  void anEditOfTheResidualStreamShowsAsARemainder() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DEFAULT);
    float[] push = new float[48];
    push[0] = 5;
    HookedTransformer pushed = model.with(Interventions.add(Sites.RESID_POST.at(1), push, 1));
    assertThat(Math.abs(DirectLogitAttribution.of(pushed, TOKENS, 7, 9).remainders()[0]))
        .isGreaterThan(1e-3);
  }

  @Test
  void attributionNamesItsComponents() {
    DirectLogitAttribution attribution =
        DirectLogitAttribution.of(TinyModels.gpt2(LoadOptions.DEFAULT), TOKENS, 7);
    assertThat(attribution.components().stream().map(DirectLogitAttribution.Component::name))
        .startsWith("embed", "pos_embed", "L0H0")
        .contains("L1 attention bias", "L2 mlp")
        .endsWith("constant")
        .hasSize(2 + 3 * (4 + 1 + 1) + 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> attribution.mean("L9H9"))
        .withMessageContaining("L2H3");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> DirectLogitAttribution.of(TinyModels.gpt2(LoadOptions.DEFAULT), TOKENS, 128))
        .withMessageContaining("0 to 127");
  }

  @Test
  void logitLensEndsWithTheModelsOwnPrediction() throws IOException {
    HookedTransformer model = HookedTransformer.load("stories260k");
    String prompt = "Lily and Ben went to the park.";
    LogitLens lens = LogitLens.of(model, prompt);
    Tokens tokens = model.tokens(prompt);
    assertThat(lens.points())
        .hasSize(6)
        .startsWith(Sites.RESID_PRE.at(0))
        .endsWith(Sites.RESID_POST.at(4));
    double[][] probabilities = Tensors.matrix(model.run(tokens).logits().get(0).softmax(-1));
    double[] last = lens.topProbabilities()[5];
    for (int position = 0; position < tokens.length(); position++) {
      double best = Arrays.stream(probabilities[position]).max().orElseThrow();
      assertThat(last[position]).isCloseTo(best, within(1e-6));
      assertThat(probabilities[position][(int) lens.topIds()[5][position]]).isEqualTo(best);
    }
    assertThat(lens.nextTokenProbabilities()[5][2])
        .isCloseTo(probabilities[2][(int) tokens.row(0)[3]], within(1e-6));
    assertThat(lens.topTokens().get(5)).hasSize(tokens.length());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogitLens.of(model, tokens.repeat(2)))
        .withMessageContaining("batch of 2");
  }
}
