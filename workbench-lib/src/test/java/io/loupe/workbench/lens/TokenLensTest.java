package io.loupe.workbench.lens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.Checkpoints;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokenLensTest {
  private static final Tokens PADDED =
      Tokens.masked(new long[][] {{0, 5, 9, 31, 2, 17}}, new long[][] {{0, 1, 1, 1, 1, 1}});

  static Stream<String> checkpoints() throws IOException {
    return Checkpoints.all();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void partsSumToWhatHeadsAndAttentionWrite(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DOUBLE);
    int layer = model.config().layers() - 1;
    TokenLens lens = TokenLens.of(model, PADDED, layer);
    try (Run run = model.run(PADDED, Capture.of(Sites.RESULT))) {
      NDArray result = run.cache().get(Sites.RESULT.at(layer)).get(0); // [column, head, d_model]
      for (int query = 0; query < 5; query++) {
        double[] all = new double[model.config().dModel()];
        for (int head = 0; head < model.config().heads(); head++) {
          double[] sum = new double[all.length];
          for (int key = 0; key < 5; key++) {
            add(sum, lens.part(head, query, key));
          }
          add(all, sum);
          assertThat(sum)
              .containsExactly(Tensors.doubles(result.get(query + 1, head)), within(1e-9));
        }
        double[] parts = new double[all.length];
        for (int key = 0; key < 5; key++) {
          add(parts, lens.part(query, key));
        }
        assertThat(parts).containsExactly(all, within(1e-9));
      }
    }
    double[] part = lens.part(1, 3, 2);
    double square = 0;
    for (double entry : part) {
      square += entry * entry;
    }
    assertThat(lens.norms()[1][3][2]).isCloseTo(Math.sqrt(square), within(1e-9));
  }

  /** Summed over keys they are the head's direct logit attribution, which is computed elsewhere. */
  @ParameterizedTest
  @MethodSource("checkpoints")
  void logitsSumToTheDirectLogitAttribution(String checkpoint) throws IOException {
    HookedTransformer model = Checkpoints.load(checkpoint, LoadOptions.DOUBLE);
    ModelConfig config = model.config();
    for (int layer = 0; layer < config.layers(); layer++) {
      TokenLens lens = TokenLens.of(model, PADDED, layer);
      if (!config.block().norms().streamIsSum() || config.head().transform().isPresent()) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> lens.logits(7, 9))
            .withMessageContaining("LogitLens");
        return;
      }
      DirectLogitAttribution direct = DirectLogitAttribution.of(model, PADDED, 7, 9);
      for (int head = 0; head < config.heads(); head++) {
        double sum = 0;
        for (double part : lens.logits(7, 9)[head][4]) {
          sum += part;
        }
        assertThat(sum).isCloseTo(direct.heads()[layer][head], within(1e-9));
      }
    }
  }

  @Test
  void badRequestsAreRefused() throws IOException {
    HookedTransformer model = Checkpoints.load("golden/gpt2", LoadOptions.DEFAULT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenLens.of(model, PADDED.repeat(2), 0))
        .withMessageContaining("batch of 2");
    assertThatIllegalArgumentException().isThrownBy(() -> TokenLens.of(model, PADDED, 9));
    TokenLens lens = TokenLens.of(model, PADDED, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lens.part(0, 5, 0))
        .withMessageContaining("0 to 4");
    assertThatIllegalArgumentException().isThrownBy(() -> lens.logits(1_000_000));
  }

  private static void add(double[] sum, double[] part) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += part[i];
    }
  }
}
