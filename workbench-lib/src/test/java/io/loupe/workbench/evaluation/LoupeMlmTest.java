package io.loupe.workbench.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.datasets.task.PromptPair;
import io.loupe.datasets.task.Split;
import io.loupe.datasets.tasks.Tasks;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The shipped masked model: the numbers of transformers, and what its card says it can do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoupeMlmTest {
  private static final double TOLERANCE = 2e-4;
  private static final long MASK = 5120;

  private final HookedTransformer model = HookedTransformer.load("loupe-mlm");

  LoupeMlmTest() throws IOException {}

  @Test
  void tokensAreThoseOfTransformers() throws IOException {
    JsonNode texts =
        new JsonMapper().readTree(Expected.folder("models/loupe-mlm/expected.json").toFile());
    for (JsonNode text : texts.get("texts")) {
      long[] ids = new JsonMapper().treeToValue(text.get("ids"), long[].class);
      assertThat(model.tokens(text.get("text").stringValue()).row(0)).containsExactly(ids);
    }
  }

  @Test
  void activationsAreThoseOfTransformers() throws IOException {
    Expected expected = Expected.of("models/loupe-mlm");
    ActivationCache cache = model.runWithCache(expected.tokens("input_ids")).cache();
    for (int layer = 0; layer < 4; layer++) {
      expected.assertClose(
          cache.get(Sites.RESID_PRE.at(layer)), "hidden_states." + layer, TOLERANCE);
      expected.assertClose(cache.get(Sites.PATTERN.at(layer)), "attentions." + layer, TOLERANCE);
    }
    expected.assertClose(cache.get(Sites.LOGITS), "logits", TOLERANCE);
  }

  @ParameterizedTest
  @CsvSource({"ioi, .", "pronoun, ?", "agreement, ' there.'", "world-facts, ."})
  void fillsInWhatItsCardSays(String name, String end) {
    var task = Tasks.text(name, text -> model.tokenizer().encode(text, false));
    int right = 0;
    for (PromptPair pair : task.draw(Split.TEST, 40, 0)) {
      Tokens tokens = model.tokens(pair.clean().text() + " [MASK]" + end);
      long[] ids = tokens.row(0);
      int at = 0;
      while (ids[at] != MASK) {
        at++;
      }
      try (Run run = model.run(tokens)) {
        float answer = run.logits().getFloat(0, at, task.idsOf(pair, pair.answers())[0]);
        float wrong = run.logits().getFloat(0, at, task.idsOf(pair, pair.wrongs())[0]);
        right += answer > wrong ? 1 : 0;
      }
    }
    assertThat(right).isGreaterThanOrEqualTo(38);
  }
}
