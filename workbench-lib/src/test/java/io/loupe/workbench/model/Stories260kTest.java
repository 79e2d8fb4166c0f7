package io.loupe.workbench.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The shipped model: a trained English story teller with grouped-query attention. */
class Stories260kTest {
  private static final double TOLERANCE = 1e-4;

  private final HookedTransformer model = HookedTransformer.load("stories260k");
  private final JsonNode texts =
      new JsonMapper().readTree(Expected.folder("models/stories260k/expected.json").toFile());
  private final Expected expected = Expected.of("models/stories260k");

  Stories260kTest() throws IOException {}

  @Test
  void tokenIds() {
    long[] ids = new JsonMapper().treeToValue(texts.get("sentence_ids"), long[].class);
    assertThat(model.tokens(texts.get("sentence").stringValue()).row(0)).containsExactly(ids);
  }

  @Test
  void activations() throws IOException {
    ActivationCache cache = model.runWithCache(expected.tokens("input_ids")).cache();
    for (int layer = 0; layer < 5; layer++) {
      expected.assertClose(
          cache.get(Sites.RESID_PRE.at(layer)), "hidden_states." + layer, TOLERANCE);
      expected.assertClose(cache.get(Sites.PATTERN.at(layer)), "attentions." + layer, TOLERANCE);
    }
    expected.assertClose(cache.get(Sites.LN_FINAL), "hidden_states.5", TOLERANCE);
    expected.assertClose(cache.get(Sites.LOGITS), "logits", TOLERANCE);
  }

  @Test
  void greedyText() {
    String text = texts.get("greedy_200_from_bos").stringValue();
    assertThat(text).hasSize(464);
    Tokens continued = model.generate(Tokens.of(new long[] {1}), 200);
    assertThat(model.tokenizer().decode(continued.row(0))).startsWith(text);
  }
}
