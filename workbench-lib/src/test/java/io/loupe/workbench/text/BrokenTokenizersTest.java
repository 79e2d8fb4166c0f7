package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.management.ThreadMXBean;
import io.loupe.datasets.ShippedModels;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BrokenTokenizersTest {
  @TempDir Path folder;

  private void assertRefused(Path file, String message) {
    assertThatExceptionOfType(TokenizerException.class)
        .isThrownBy(() -> HuggingFaceTokenizers.load(folder))
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.file()).isEqualTo(file));
  }

  @Test
  void folderWithoutATokenizer() {
    assertRefused(
        folder, "expected tokenizer.json, or vocab.json and merges.txt, or vocab.txt, in");
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("", "expected a JSON object"),
        Arguments.of("[]", "expected a JSON object"),
        Arguments.of("{'a':", "no valid JSON"),
        Arguments.of("{}", "expected the vocabulary in model.vocab"),
        Arguments.of("{'model': {'vocab': {'a': -1}}}", "token 'a' has the id -1"),
        Arguments.of("{'model': {'vocab': {'a': 1.5}}}", "token 'a' has the id 1.5"),
        Arguments.of("{'model': {'vocab': {'a': 2000000000}}}", "token 'a' has the id 2000000000"),
        Arguments.of("{'model': {'vocab': {'a': 1, 'b': 1}}}", "'a' and 'b' both have the id 1"),
        Arguments.of("{'model': {'vocab': {'a': 1}}}", "it is no tokenizer: "),
        Arguments.of(
            "{'model': {'type': 'BPE', 'vocab': {'a': 1}, 'merges': ['a b']}}",
            "it is no tokenizer: "));
  }

  /** Each of these ended the JVM. */
  static Stream<Arguments> deadly() {
    String bpe = "'type': 'BPE', 'vocab': {'a': 0, 'b': 1, 'ab': 2}, 'merges': ['a b']";
    return Stream.of(
        Arguments.of(
            "'decoder': " + "[".repeat(130) + "]".repeat(130), bpe, "nested more than 100"),
        Arguments.of("'decoder': {'x': 1" + "0".repeat(400) + "}", bpe, "beyond the range"),
        Arguments.of("'decoder': {'x': '\\ud800'}", bpe, "half of a surrogate pair"),
        Arguments.of("'decoder': {'\\ud800': 1}", bpe, "surrogate pair"),
        Arguments.of(
            "'decoder': null",
            bpe + ", 'continuing_subword_prefix': '##'",
            "too short for the prefix"),
        Arguments.of(
            "'post_processor': {'type': 'Sequence', 'processors': [{'type': 'TemplateProcessing',"
                + " 'single': [{'SpecialToken': {'id': '[X]', 'type_id': 0}}], 'pair': [],"
                + " 'special_tokens': {}}]}",
            bpe,
            "the special token \"[X]\", which it does not define"),
        Arguments.of(
            "'normalizer': {'type': 'Replace', 'pattern': {'Regex': ''}, 'content': 'b'}",
            bpe,
            "replaces the empty text"),
        Arguments.of("'normalizer': {'type': 'Precompiled'}", bpe, "charsmap"),
        Arguments.of(
            "'normalizer': {'type': 'Precompiled', 'precompiled_charsmap': '!'}", bpe, "charsmap"));
  }

  @ParameterizedTest
  @MethodSource("deadly")
  void tokenizerThatWouldEndTheJvm(String part, String model, String message) throws Exception {
    String json = "{'version': '1.0', 'added_tokens': [], " + part + ", 'model': {" + model + "}}";
    Path file = Files.writeString(folder.resolve("tokenizer.json"), json.replace('\'', '"'));

    assertRefused(file, message);
  }

  @Test
  void aLargeIdCostsNothing() throws Exception {
    String json =
        "{'version': '1.0', 'added_tokens': [], 'model': {'type': 'BPE',"
            + " 'vocab': {'a': 0, 'b': 60000000}, 'merges': []}}";
    Files.writeString(folder.resolve("tokenizer.json"), json.replace('\'', '"'));
    Tokenizer tokenizer = HuggingFaceTokenizers.load(folder);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();

    assertThat(tokenizer.vocabSize()).isEqualTo(60_000_001);
    assertThat(tokenizer.token(60_000_000)).isEqualTo(" b");
    assertThat(tokenizer.idOf(" b")).hasValue(60_000_000);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000_000);
  }

  @ParameterizedTest
  @MethodSource("broken")
  void brokenTokenizerJson(String content, String message) throws Exception {
    Path file = Files.writeString(folder.resolve("tokenizer.json"), content.replace('\'', '"'));

    assertRefused(file, message);
  }

  @Test
  void truncatedTokenizerJson() throws Exception {
    Path whole = ShippedModels.folder("stories260k").orElseThrow().resolve("tokenizer.json");
    String text = Files.readString(whole);
    Path file = folder.resolve("tokenizer.json");
    for (int end : new int[] {1, 100, 5_000, text.length() - 3}) {
      Files.writeString(file, text.substring(0, end));

      assertRefused(file, "no valid JSON");
    }
  }

  @Test
  void brokenConfigBesideIt() throws Exception {
    Vocabularies.gpt2(folder);
    Path config = Files.writeString(folder.resolve("tokenizer_config.json"), "{");

    assertRefused(config, "no valid JSON");
  }

  @Test
  void missingMerges() throws Exception {
    Vocabularies.gpt2(folder);
    Path merges = folder.resolve("merges.txt");
    Files.delete(merges);

    assertRefused(merges, "there is no such file");
  }

  @Test
  void brokenMerges() throws Exception {
    Vocabularies.gpt2(folder);
    Path merges = folder.resolve("merges.txt");
    Files.writeString(merges, "#version: 0.2\nĠ t\none two three\n");
    assertRefused(merges, "line 3: expected two tokens, got 'one two three'");

    Files.write(merges, new byte[] {'a', ' ', (byte) 0xff, '\n'});
    assertRefused(merges, "no UTF-8 text");

    Files.writeString(merges, "Ġ nosuchtoken\n");
    assertRefused(folder.resolve("vocab.json"), "it is no tokenizer");
  }

  @Test
  void vocabularyThatIsNotByteLevel() throws Exception {
    Path vocab = Files.writeString(folder.resolve("vocab.json"), "{\"a</w>\": 0}");
    Files.writeString(folder.resolve("merges.txt"), "");

    assertRefused(vocab, "expected byte-level BPE");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'tokenizer_class': 'WhisperTokenizer'} {} a WhisperTokenizer",
        "{'tokenizer_class': 'BertTokenizerFast'} {} a BertTokenizer",
        "{} {'model_type': 'olmo2'} a tokenizer of model type olmo2",
        "{'tokenizer_class': 'GPT2Tokenizer'} {'model_type': 'olmo2'} a GPT2Tokenizer of model type olmo2",
        "{'tokenizer_class': 'Qwen2Tokenizer'} {'model_type': 'qwen3_5'} a Qwen2Tokenizer of model type qwen3_5",
        "{'tokenizer_class': 'PreTrainedTokenizerFast'} {'model_type': 'gpt_neox'} a tokenizer of model type gpt_neox"
      })
  void classesThatSplitInAnotherWay(String line) throws Exception {
    Vocabularies.gpt2(folder);
    String[] parts = line.replace('\'', '"').replaceAll("} ", "}\n").split("\n");
    Files.writeString(folder.resolve("tokenizer_config.json"), parts[0]);
    Files.writeString(folder.resolve("config.json"), parts[1]);

    assertRefused(
        folder,
        parts[2] + " cannot be made from vocab.json and merges.txt; save it as a tokenizer.json");
  }

  @ParameterizedTest
  @CsvSource({
    "tokenizer.model, a SentencePiece vocabulary",
    "tokenizer.model.v3, a SentencePiece vocabulary",
    "spiece.model, a SentencePiece vocabulary",
    "tekken.json, a tiktoken vocabulary",
    "qwen.tiktoken, a tiktoken vocabulary"
  })
  void vocabulariesThatWeCannotRead(String name, String kind) throws Exception {
    Path file = Files.writeString(folder.resolve(name), "");

    assertRefused(file, kind + " alone cannot be read; save it as a tokenizer.json (in Python: ");
    assertThatExceptionOfType(TokenizerException.class)
        .isThrownBy(() -> HuggingFaceTokenizers.find(folder));
  }

  @Test
  void configWithoutAVocabulary() throws Exception {
    Path config = Files.writeString(folder.resolve("tokenizer_config.json"), "{}");

    assertRefused(config, "it describes a tokenizer, but the folder has no vocabulary");
  }

  @Test
  void aFolderWithoutATokenizerIsNoError() throws Exception {
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
    Files.writeString(folder.resolve("model.safetensors"), "");

    assertThat(HuggingFaceTokenizers.find(folder)).isEmpty();
  }

  @Test
  void addedTokensThatContradictEachOther() throws Exception {
    Vocabularies.gpt2(folder);
    Path added = Files.writeString(folder.resolve("added_tokens.json"), "{\"<a>\": \"x\"}");
    assertRefused(added, "expected the id of '<a>', got \"x\"");
    Files.writeString(added, "{\"<a>\": -2147483649}");
    assertRefused(added, "expected the id of '<a>', got -2147483649");

    Files.writeString(added, "{\"<a>\": 50257, \"<b>\": 50257}");
    assertRefused(folder, "added tokens '<a>' and '<b>' both have the id 50257");
  }

  @Test
  void badIdInTheConfig() throws Exception {
    Vocabularies.gpt2(folder);
    Path config =
        Files.writeString(
            folder.resolve("tokenizer_config.json"),
            "{\"added_tokens_decoder\": {\"x\": {\"content\": \"y\"}}}");

    assertRefused(config, "expected token ids in added_tokens_decoder, got 'x'");
  }
}
