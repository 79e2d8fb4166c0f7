package io.loupe.workbench.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The logit flow, and the logit lens on attentions, heads and MLPs, on every family. */
class LogitFlowTest {
  private static final Tokens TOKENS =
      Tokens.masked(new long[][] {{0, 5, 9, 31, 2, 17}}, new long[][] {{0, 1, 1, 1, 1, 1}});

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  private static boolean isSum(HookedTransformer model) {
    ModelConfig config = model.config();
    return config.block().norms().streamIsSum() && config.head().transform().isEmpty();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void endsWithTheModelsOwnLogitRankAndProbability(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DOUBLE);
    LogitFlow flow = LogitFlow.of(model, TOKENS, 7, NormScale.OWN);
    double[][] logits = Tensors.matrix(model.run(TOKENS).logits().get(0));
    int last = flow.steps().size() - 1;
    for (int position = 0; position < 5; position++) {
      double[] row = logits[position + 1];
      double sum = Arrays.stream(row).map(Math::exp).sum();
      assertThat(flow.logits()[last][position]).isCloseTo(row[7], within(1e-9));
      assertThat(flow.probabilities()[last][position])
          .isCloseTo(Math.exp(row[7]) / sum, within(1e-9));
      assertThat(flow.ranks()[last][position])
          .isEqualTo(Arrays.stream(row).filter(other -> other > row[7]).count());
    }
    boolean causal = model.config().causal();
    LogitFlow text = LogitFlow.ofText(model, TOKENS, NormScale.OWN);
    assertThat(text.logits()[0]).hasSize(causal ? 4 : 5);
    assertThat(text.logits()[last][1])
        .isCloseTo(logits[2][(int) TOKENS.row(0)[causal ? 2 : 1]], within(1e-9));
    double[] summed = flow.logits()[0].clone();
    for (double[] step : flow.increments(LogitFlow.Quantity.LOGIT)) {
      Arrays.setAll(summed, i -> summed[i] + step[i]);
    }
    assertThat(summed).containsExactly(flow.logits()[last], within(1e-9));
  }

  /** With the final scale, an increment is the direct logit attribution of that part. */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void incrementsAtTheFinalScaleAreDirectLogitAttributions(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DOUBLE);
    if (!isSum(model)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> LogitFlow.of(model, TOKENS, 7, NormScale.FINAL));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> LogitLens.of(model, TOKENS, Sites.MLP_OUT, NormScale.FINAL))
          .withMessageContaining("LogitLens.of(model, tokens)");
      return;
    }
    LogitFlow flow = LogitFlow.difference(model, TOKENS, 7, 9, NormScale.FINAL);
    DirectLogitAttribution direct = DirectLogitAttribution.of(model, TOKENS, 7, 9);
    double[][] increments = flow.increments(LogitFlow.Quantity.LOGIT);
    for (int layer = 0; layer < model.config().layers(); layer++) {
      double mlp = direct.mean("L" + layer + " mlp");
      double all = Arrays.stream(direct.heads()[layer]).sum();
      String bias = "L" + layer + " attention bias";
      if (direct.components().contains(new DirectLogitAttribution.Component(bias))) {
        all += direct.mean(bias);
      }
      if (model.config().has(Sites.RESID_MID)) {
        assertThat(flow.steps()).contains("L" + layer + " attention", "L" + layer + " MLP");
        assertThat(increments[2 * layer][4]).isCloseTo(all, within(1e-9));
        assertThat(increments[2 * layer + 1][4]).isCloseTo(mlp, within(1e-9));
      } else {
        assertThat(increments[layer][4]).isCloseTo(all + mlp, within(1e-9));
      }
    }
    assertThat(flow.logits()[increments.length][4]).isCloseTo(direct.logits()[0], within(1e-9));
  }

  /** The softmax of a part's logits, summed up from the direct logit attribution of each token. */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void theLensOnPartsIsTheSoftmaxOfTheirAttributions(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DOUBLE);
    if (!isSum(model)) {
      assertThat(LogitLens.of(model, TOKENS, Sites.ATTN_OUT, NormScale.OWN).labels())
          .startsWith("L0 attention");
      return;
    }
    int vocab = model.config().vocab();
    double[] head = new double[vocab];
    double[] mlp = new double[vocab];
    for (int id = 0; id < vocab; id++) {
      DirectLogitAttribution direct = DirectLogitAttribution.of(model, TOKENS, id);
      head[id] = direct.mean("L0H1");
      mlp[id] = direct.mean("L0 mlp");
    }
    LogitLens heads = LogitLens.ofHeads(model, TOKENS, HeadSet.parse("L0H0 L0H1"), NormScale.FINAL);
    LogitLens mlps = LogitLens.of(model, TOKENS, Sites.MLP_OUT, NormScale.FINAL);
    assertThat(heads.labels()).containsExactly("L0H0", "L0H1");
    assertThat(heads.topProbabilities()[1][4]).isCloseTo(top(head), within(1e-9));
    assertThat(mlps.topProbabilities()[0][4]).isCloseTo(top(mlp), within(1e-9));
  }

  private static double top(double[] logits) {
    double max = Arrays.stream(logits).max().orElseThrow();
    return 1 / Arrays.stream(logits).map(logit -> Math.exp(logit - max)).sum();
  }

  @Test
  void badRequestsAreRefused() throws IOException {
    HookedTransformer model = Checkpoints.load("golden/gpt2", LoadOptions.DEFAULT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogitLens.of(model, TOKENS, Sites.Z, NormScale.OWN))
        .withMessageContaining("LogitLens.ofHeads");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogitLens.ofHeads(model, TOKENS, HeadSet.parse("L9H0"), NormScale.OWN))
        .withMessageContaining("L0H0 to");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogitFlow.of(model, TOKENS.repeat(2), 1, NormScale.OWN));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogitFlow.of(model, TOKENS, -1, NormScale.OWN));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LogitFlow.ofText(model, Tokens.of(new long[] {1}), NormScale.OWN));
    assertThatIllegalStateException()
        .isThrownBy(() -> LogitFlow.difference(model, TOKENS, 1, 2, NormScale.OWN).ranks())
        .withMessageContaining("has no rank");
  }
}
