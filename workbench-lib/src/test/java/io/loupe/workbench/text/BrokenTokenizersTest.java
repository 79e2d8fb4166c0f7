package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.loupe.datasets.ShippedModels;
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
