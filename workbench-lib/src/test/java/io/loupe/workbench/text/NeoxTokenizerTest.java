package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.files.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The tokenizer.json of GPT-NeoX and Pythia, as published. */
class NeoxTokenizerTest {
  @TempDir static Path folder;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() throws Exception {
    Vocabularies.neox(folder);
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"tokenizer_class": "GPTNeoXTokenizer", "bos_token": "<|endoftext|>",
         "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "add_prefix_space": false}
        """);
    tokenizer = HuggingFaceTokenizers.load(folder);
  }

  @Test
  void itIsThePublishedFile() throws Exception {
    assertThat(Sha256.of(folder.resolve("tokenizer.json")))
        .isEqualTo("56ac4821e129d2c520fdaba60abd920fa852ada51b45c0dd52bbb6bd8c985ade");
  }

  /** Looked up by hand in the vocabulary; the first two are the examples in Pythia's own pages. */
  @Test
  void knownIds() {
    assertThat(tokenizer.encode("Hello world")).containsExactly(12092, 1533);
    assertThat(tokenizer.encode("Hello, I am")).containsExactly(12092, 13, 309, 717);
    assertThat(tokenizer.encode("When Mary and John went to the store, John gave a drink to"))
        .containsExactly(
            3039, 6393, 285, 2516, 2427, 281, 253, 4657, 13, 2516, 3534, 247, 5484, 281);
    assertThat(tokenizer.idOf(" Mary")).hasValue(6393);
    assertThat(tokenizer.idOf(" John")).hasValue(2516);
    assertThat(tokenizer.token(187)).isEqualTo("\n");
  }

  @Test
  void specialTokensAndRunsOfSpaces() {
    assertThat(tokenizer.vocabSize()).isEqualTo(50_277);
    assertThat(tokenizer.bosId()).hasValue(0);
    assertThat(tokenizer.eosId()).hasValue(0);
    assertThat(tokenizer.unkId()).hasValue(0);
    assertThat(tokenizer.maskId()).isEmpty();
    assertThat(tokenizer.padId()).isEmpty();
    assertThat(tokenizer.idOf("<|padding|>")).hasValue(1);
    long[] ids = tokenizer.encode("Hello<|endoftext|>Hello");
    assertThat(ids).containsExactly(12092, 0, 12092);
    assertThat(tokenizer.decode(ids)).isEqualTo("HelloHello");
    assertThat(tokenizer.encode(" ".repeat(24))).containsExactly(50_254);
    assertThat(tokenizer.encode(" ".repeat(26) + "Hello")).containsExactly(50_254, 50_276, 12092);
    assertThat(tokenizer.token(50_275)).isEqualTo("   ");
  }

  @Test
  void agreesWithPlainByteLevelBpe() throws Exception {
    JsonNode json = Vocabularies.json(folder.resolve("tokenizer.json"));
    Map<String, Integer> vocab = Vocabularies.ids(json.path("model").path("vocab"));
    json.path("added_tokens")
        .forEach(token -> vocab.put(token.path("content").asString(), token.path("id").intValue()));
    List<String> added =
        json.path("added_tokens")
            .valueStream()
            .map(token -> token.path("content").asString())
            .sorted(Comparator.comparing(String::length).reversed())
            .toList();
    SlowByteLevelBpe slow =
        new SlowByteLevelBpe(
            vocab,
            json.path("model").path("merges").valueStream().map(JsonNode::asString).toList(),
            SlowByteLevelBpe.GPT2_WORDS,
            added);
    for (String text : new RandomTexts(11).known(8_000)) {
      String composed = nfc(text);
      Encoding expected = slow.encode(composed);
      assertThat(tokenizer.encode(text)).as(text).isEqualTo(expected.ids());
      if (composed.equals(text)) {
        assertThat(tokenizer.encodeWithOffsets(text).spans()).as(text).isEqualTo(expected.spans());
      }
    }
  }

  @Test
  void textComesBackComposedAndItsSpansCoverIt() {
    List<String> texts = new RandomTexts(12).known(5_000);
    texts.addAll(new RandomTexts(13).any(5_000));
    for (String text : texts) {
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(nfc(text));
    }
    SpanChecks.assertCovering(tokenizer, texts);
  }

  @Test
  void aSpanCoversWhatWasComposed() {
    Encoding encoding = tokenizer.encodeWithOffsets("Hello e\u0301 \u1100\u1161\u11a8!");

    assertThat(tokenizer.decode(encoding.ids())).isEqualTo("Hello é 각!");
    assertThat(encoding.spans().get(1)).isEqualTo(new CharSpan(5, 8));
    assertThat(encoding.positions(7, 8)).containsExactly(1);
    SpanChecks.assertCovering(encoding);
  }

  private static String nfc(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFC);
  }
}
