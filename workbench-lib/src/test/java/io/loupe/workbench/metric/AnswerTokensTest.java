package io.loupe.workbench.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Answers as text, their probability and their logit. */
class AnswerTokensTest {
  @Test
  void answersAreOneTokenEach() throws IOException {
    HookedTransformer model = HookedTransformer.load("stories260k");
    long[] ids = Metrics.tokens(model.tokenizer(), " was", " the");
    assertThat(model.tokenizer().tokens(ids)).containsExactly(" was", " the");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Metrics.tokens(model.tokenizer(), " was", " elephantine"))
        .withMessageContaining("A metric reads one token; \" elephantine\" is ")
        .withMessageContaining("Metrics.loss()");
  }

  @Test
  void probabilityAndLogitOfEachRowsAnswer() {
    HookedTransformer model = TinyModels.gpt2(LoadOptions.DOUBLE);
    Tokens tokens = Tokens.padded(Tokens.Padding.RIGHT, new long[] {1, 2, 3}, new long[] {4, 5});
    Run run = model.run(tokens);
    double[] probability = Metrics.probability(7, 9).perExample(run);
    double[] logit = Metrics.logit(7, 9).perExample(run);
    for (int row = 0; row < 2; row++) {
      double[] logits = Tensors.doubles(run.logits().get(row, tokens.column(row, -1)));
      double sum = 0;
      for (double each : logits) {
        sum += Math.exp(each);
      }
      int answer = row == 0 ? 7 : 9;
      assertThat(logit[row]).isCloseTo(logits[answer], within(1e-12));
      assertThat(probability[row]).isCloseTo(Math.exp(logits[answer]) / sum, within(1e-12));
    }
  }
}
