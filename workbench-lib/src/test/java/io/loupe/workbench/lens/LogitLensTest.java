package io.loupe.workbench.lens;

import static io.loupe.workbench.testing.Checkpoints.load;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The logit lens on every family. */
class LogitLensTest {
  private static final long[] IDS = {5, 9, 31, 2, 17};

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void endsWithTheModelsOwnPrediction(String checkpoint) throws IOException {
    HookedTransformer model = load(checkpoint, LoadOptions.DEFAULT);
    LogitLens lens = LogitLens.of(model, Tokens.of(IDS));
    double[][] own = Tensors.matrix(model.run(Tokens.of(IDS)).logits().get(0).softmax(-1));
    int last = model.config().layers();
    assertThat(lens.points()).hasSize(last + 1);
    boolean causal = model.config().causal();
    double[][] text = causal ? lens.nextTokenProbabilities() : lens.ownTokenProbabilities();
    assertThat(text[last]).hasSize(causal ? 4 : 5);
    for (int position = 0; position < IDS.length; position++) {
      double best = Arrays.stream(own[position]).max().orElseThrow();
      assertThat(lens.topProbabilities()[last][position]).isCloseTo(best, within(1e-6));
      assertThat(own[position][(int) lens.topIds()[last][position]]).isCloseTo(best, within(1e-6));
    }
    for (int position = 0; position < text[last].length; position++) {
      double expected = own[position][(int) IDS[causal ? position + 1 : position]];
      assertThat(text[last][position]).isCloseTo(expected, within(1e-6));
    }
  }

  /** Of every layer, not the last one only. */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void doesNotDependOnTheGauge(String checkpoint) throws IOException {
    HookedTransformer model = load(checkpoint, LoadOptions.DOUBLE);
    LogitLens raw = LogitLens.of(model, Tokens.of(IDS));
    LogitLens folded = LogitLens.of(model.folded(), Tokens.of(IDS));
    assertThat(folded.topIds()).isDeepEqualTo(raw.topIds());
    for (int point = 0; point < raw.points().size(); point++) {
      assertThat(folded.topProbabilities()[point])
          .containsExactly(raw.topProbabilities()[point], within(1e-9));
    }
  }

  @Test
  void anEncodersLensIsOfTheTokenAtThePosition() throws IOException {
    LogitLens bert = LogitLens.of(load("golden/bert", LoadOptions.DEFAULT), Tokens.of(IDS));
    assertThat(bert.plot().title()).contains("token at each position");
    assertThatIllegalStateException()
        .isThrownBy(bert::nextTokenProbabilities)
        .withMessageContaining("ownTokenProbabilities()");
    LogitLens gpt2 = LogitLens.of(load("golden/gpt2", LoadOptions.DEFAULT), Tokens.of(IDS));
    assertThat(gpt2.plot().title()).contains("next token");
    assertThatIllegalStateException()
        .isThrownBy(gpt2::ownTokenProbabilities)
        .withMessageContaining("nextTokenProbabilities()");
  }

  @Test
  void withoutATokenizerTokensAreShownAsIds() throws IOException {
    LogitLens lens = LogitLens.of(load("golden/gpt2", LoadOptions.DEFAULT), Tokens.of(IDS));
    assertThat(lens.tokens()).containsExactly("<5>", "<9>", "<31>", "<2>", "<17>");
    assertThat(lens.topTokens().get(2).get(1)).isEqualTo("<" + lens.topIds()[2][1] + ">");
  }

  @Test
  void paddingIsLeftOut() throws IOException {
    HookedTransformer model = load("golden/gpt2", LoadOptions.DOUBLE);
    Tokens padded =
        Tokens.masked(new long[][] {{0, 0, 5, 9, 31, 2, 17}}, new long[][] {{0, 0, 1, 1, 1, 1, 1}});
    LogitLens lens = LogitLens.of(model, padded);
    LogitLens plain = LogitLens.of(model, Tokens.of(IDS));
    assertThat(lens.topIds()).isDeepEqualTo(plain.topIds());
    assertThat(lens.nextTokenProbabilities()[2])
        .containsExactly(plain.nextTokenProbabilities()[2], within(1e-12));
    assertThat(lens.plot().title()).isEqualTo(plain.plot().title());
  }
}
