package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Byte-level BPE from vocab.json and merges.txt. Expected ids and spans: bpe.py beside the files.
 */
class Gpt2TokenizerTest {
  @TempDir static Path folder;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() throws Exception {
    Vocabularies.gpt2(folder);
    Files.writeString(
        folder.resolve("config.json"),
        "{\"bos_token_id\": 50256, \"eos_token_id\": [50256, 0], \"pad_token_id\": null}");
    tokenizer = HuggingFaceTokenizers.load(folder);
  }

  @Test
  void encodesAsGpt2Does() {
    assertThat(tokenizer.encode("Hello world")).containsExactly(15496, 995);
    assertThat(tokenizer.encode("When Mary and John went to the store, John gave a drink to"))
        .containsExactly(
            2215, 5335, 290, 1757, 1816, 284, 262, 3650, 11, 1757, 2921, 257, 4144, 284);
    assertThat(tokenizer.encode("héllo  wörld's 😀 x\n\n1984_a"))
        .containsExactly(
            71, 2634, 18798, 220, 266, 30570, 335, 338, 30325, 222, 2124, 198, 198, 28296, 62, 64);
    assertThat(tokenizer.encode("中文👩\u200d👧z"))
        .containsExactly(40792, 23877, 229, 41840, 102, 447, 235, 41840, 100, 89);
  }

  @Test
  void spansIncludeTheLeadingSpaceAndCountChars() {
    assertThat(tokenizer.encodeWithOffsets("Hello world").spans())
        .containsExactly(new CharSpan(0, 5), new CharSpan(5, 11));
    assertThat(tokenizer.encodeWithOffsets("中文👩\u200d👧z").spans())
        .containsExactly(
            new CharSpan(0, 1),
            new CharSpan(1, 2),
            new CharSpan(1, 2),
            new CharSpan(2, 4),
            new CharSpan(2, 4),
            new CharSpan(4, 5),
            new CharSpan(4, 5),
            new CharSpan(5, 7),
            new CharSpan(5, 7),
            new CharSpan(7, 8));
  }

  @Test
  void specialTokensComeFromTheConfig() {
    assertThat(tokenizer.bosId()).hasValue(50256);
    assertThat(tokenizer.eosId()).hasValue(50256);
    assertThat(tokenizer.padId()).isEmpty();
    assertThat(tokenizer.vocabSize()).isEqualTo(50257);
    long[] ids = tokenizer.encode("a<|endoftext|>b");
    assertThat(ids).containsExactly(64, 50256, 65);
    assertThat(tokenizer.decode(ids)).isEqualTo("ab");
    assertThat(tokenizer.decode(ids, false)).isEqualTo("a<|endoftext|>b");
    assertThat(tokenizer.token(50256)).isEqualTo("<|endoftext|>");
  }

  @Test
  void singleTokensAreReadable() {
    assertThat(tokenizer.tokens(new long[] {5335, 198, 2634, 30325, 222}))
        .containsExactly(" Mary", "\n", "é", " <0xF0><0x9F><0x98>", "<0x80>");
    assertThat(tokenizer.idOf(" Mary")).hasValue(5335);
    assertThat(tokenizer.idOf("ĠMary")).hasValue(5335);
    assertThat(tokenizer.idOf(" Mary and")).isEmpty();
  }

  @Test
  void everyTokenIsFoundByItsText() {
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      assertThat(tokenizer.idOf(tokenizer.token(id))).isEqualTo(OptionalLong.of(id));
    }
  }

  @Test
  void textComesBackAndItsSpansCoverIt() {
    List<String> texts = new RandomTexts(7).known(5_000);
    texts.addAll(new RandomTexts(8).any(5_000));
    for (String text : texts) {
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    }
    SpanChecks.assertCovering(tokenizer, texts);
  }

  @Test
  void agreesWithPlainByteLevelBpe() throws Exception {
    SlowByteLevelBpe slow =
        new SlowByteLevelBpe(
            Vocabularies.ids(Vocabularies.json(folder.resolve("vocab.json"))),
            Files.readAllLines(folder.resolve("merges.txt")),
            SlowByteLevelBpe.GPT2_WORDS,
            List.of("<|endoftext|>"));
    for (String text : new RandomTexts(9).known(8_000)) {
      Encoding expected = slow.encode(text);
      Encoding encoding = tokenizer.encodeWithOffsets(text);
      assertThat(encoding.ids()).as(text).isEqualTo(expected.ids());
      assertThat(encoding.spans()).as(text).isEqualTo(expected.spans());
    }
  }

  @Test
  void configMayAskForATokenAtTheStart(@TempDir Path other) throws Exception {
    Vocabularies.gpt2(other);
    Path config = other.resolve("tokenizer_config.json");
    Files.writeString(
        config,
        """
        {"add_bos_token": true, "bos_token": {"content": "<|endoftext|>"}, "pad_token": "!",
         "eos_token": null}
        """);
    Files.writeString(other.resolve("config.json"), "{\"eos_token_id\": 50256}");
    Tokenizer withStart = HuggingFaceTokenizers.load(other);

    assertThat(withStart.encode("Hello world")).containsExactly(50256, 15496, 995);
    assertThat(withStart.encode("Hello world", false)).containsExactly(15496, 995);
    assertThat(withStart.decode(withStart.encode("Hello world"))).isEqualTo("Hello world");
    assertThat(withStart.encodeWithOffsets("Hello").spans())
        .containsExactly(new CharSpan(0, 0), new CharSpan(0, 5));
    assertThat(withStart.bosId()).hasValue(50256);
    assertThat(withStart.padId()).hasValue(0);
    assertThat(withStart.eosId()).as("null in tokenizer_config.json").isEmpty();
    assertThat(withStart.sha256()).hasSize(64).isNotEqualTo(tokenizer.sha256());

    Files.writeString(config, "{\"add_bos_token\": true, \"bos_token\": \"<none>\"}");
    assertThatExceptionOfType(TokenizerException.class)
        .isThrownBy(() -> HuggingFaceTokenizers.load(other))
        .withMessageContaining("bos_token '<none>' is not in vocab.json");
  }

  @Test
  void addedTokensAreNotSplit(@TempDir Path other) throws Exception {
    Vocabularies.gpt2(other);
    Files.writeString(other.resolve("added_tokens.json"), "{\"<mark>\": 50257}");
    Files.writeString(
        other.resolve("tokenizer_config.json"),
        "{\"added_tokens_decoder\": {\"50258\": {\"content\": \"<end>\", \"special\": true}}}");
    Tokenizer more = HuggingFaceTokenizers.load(other);

    assertThat(more.vocabSize()).isEqualTo(50259);
    assertThat(more.encode("a<mark>b<end>")).containsExactly(64, 50257, 65, 50258);
    assertThat(more.decode(new long[] {64, 50257, 65, 50258})).isEqualTo("a<mark>b");
  }
}
