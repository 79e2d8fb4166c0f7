package io.loupe.workbench.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.testing.Expected;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The shipped English model: the numbers of transformers, and what its card says it can do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoupeLmTest {
  private static final double TOLERANCE = 2e-4;

  private final HookedTransformer model = HookedTransformer.load("loupe-lm");
  private final Expected expected = Expected.of("models/loupe-lm");
  private final JsonNode texts =
      new JsonMapper().readTree(Expected.folder("models/loupe-lm/expected.json").toFile());

  LoupeLmTest() throws IOException {}

  @Test
  void tokensAreThoseOfTransformersAndBeginWithTheFirst() {
    for (JsonNode text : texts.get("texts")) {
      long[] ids = new JsonMapper().treeToValue(text.get("ids"), long[].class);
      assertThat(model.tokens(text.get("text").stringValue()).row(0)).containsExactly(ids);
      assertThat(ids[0]).isZero();
      assertThat(model.tokenizer().decode(ids)).isEqualTo(text.get("text").stringValue());
    }
  }

  @Test
  void activationsAreThoseOfTransformers() throws IOException {
    ActivationCache cache = model.runWithCache(expected.tokens("input_ids")).cache();
    for (int layer = 0; layer < 6; layer++) {
      expected.assertClose(
          cache.get(Sites.RESID_PRE.at(layer)), "hidden_states." + layer, TOLERANCE);
      expected.assertClose(cache.get(Sites.PATTERN.at(layer)), "attentions." + layer, TOLERANCE);
    }
    expected.assertClose(cache.get(Sites.LN_FINAL), "hidden_states.6", TOLERANCE);
    expected.assertClose(cache.get(Sites.LOGITS), "logits", TOLERANCE);
  }

  @Test
  void greedyTextIsThatOfTransformers() {
    long[] ids = new JsonMapper().treeToValue(texts.get("greedy_ids"), long[].class);
    Tokens prompt = model.tokens(texts.get("greedy_prompt").stringValue());
    Tokens continued = model.generate(prompt, ids.length - prompt.length());
    assertThat(continued.row(0)).containsExactly(ids);
  }

  @ParameterizedTest
  @CsvSource({
    "ioi, 40, 0.95, 2",
    "greater-than, 40, 0.95, 0.5",
    "successor, 40, 0.95, 2",
    "pronoun, 40, 0.95, 2",
    "agreement, 60, 0.85, 2",
    "agreement-2, 40, 0.85, 2",
    "world-facts, 60, 0.98, 4",
    "key-value-32, 12, 0.9, 2",
    "key-value-90, 10, 0.9, 2",
    "'needle-many-keys 511 tokens, depth 0.0', 4, 0.9, 2",
    "'needle-literal 511 tokens, depth 0.5', 4, 0.9, 2"
  })
  void canDoWhatItsCardSays(String ability, int prompts, double accuracy, double difference) {
    AbilityScore score = ModelEvaluation.of(model).only(ability).run(prompts).score(ability);
    assertThat(score.results()).hasSize(prompts);
    assertThat(score.accuracy()).as(score.mistakes().toString()).isGreaterThanOrEqualTo(accuracy);
    assertThat(score.difference()).isGreaterThan(difference);
  }

  @Test
  void inductionMakesRepeatsCheap() {
    RepeatedLoss loss =
        ModelEvaluation.of(model).only(ModelEvaluation.REPEATED_TOKENS).run(1).repeated();
    assertThat(loss).isNotNull();
    assertThat(loss.gain()).isGreaterThan(2);
    assertThat(loss.first()).allMatch(nats -> nats > 7);
  }

  @Test
  void headsOfInductionAreWhereItsCardSays() {
    long[] half = IntStream.range(0, 40).mapToLong(i -> 300 + 97L * i % 4000).toArray();
    long[] ids = new long[81];
    System.arraycopy(half, 0, ids, 1, 40);
    System.arraycopy(half, 0, ids, 41, 40);
    ActivationCache cache = model.runWithCache(Tokens.of(ids)).cache();
    double induction = 0;
    double previous = 0;
    for (int query = 41; query < 81; query++) {
      induction += cache.get(Sites.PATTERN.at(4)).getFloat(0, 4, query, query - 39) / 40;
      previous += cache.get(Sites.PATTERN.at(3)).getFloat(0, 8, query, query - 1) / 40;
    }
    assertThat(induction).isGreaterThan(0.8);
    assertThat(previous).isGreaterThan(0.7);
  }
}
