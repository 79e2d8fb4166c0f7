package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What differs between the classes of tokenizers that have a vocab.json and a merges.txt. */
class BpeClassesTest {
  private static final List<String> MERGES =
      List.of("l l", "H e", "He ll", "Hell o", "Ġ w", "o r", "Ġw or", "l d", "Ġwor ld");

  @TempDir Path folder;

  private Tokenizer load(String tokenizerConfig, String config) throws Exception {
    if (!tokenizerConfig.isEmpty()) {
      Files.writeString(
          folder.resolve("tokenizer_config.json"), tokenizerConfig.replace('\'', '"'));
    }
    if (!config.isEmpty()) {
      Files.writeString(folder.resolve("config.json"), config.replace('\'', '"'));
    }
    return HuggingFaceTokenizers.load(folder);
  }

  private void assertRefused(String message, String tokenizerConfig, String config) {
    assertThatExceptionOfType(TokenizerException.class)
        .isThrownBy(() -> load(tokenizerConfig, config))
        .withMessageContaining(message);
  }

  /** Special tokens with the ids that they have in RoBERTa and OPT, then bytes, then merges. */
  private Map<String, Integer> smallVocabulary() throws Exception {
    Map<String, Integer> vocab = new LinkedHashMap<>();
    for (String token : List.of("<s>", "<pad>", "</s>", "<unk>")) {
      vocab.put(token, vocab.size());
    }
    SlowByteLevelBpe.ALPHABET.values().forEach(token -> vocab.put(token, vocab.size()));
    MERGES.forEach(merge -> vocab.put(merge.replace(" ", ""), vocab.size()));
    vocab.put("<mask>", vocab.size());
    write(vocab);
    return vocab;
  }

  private void write(Map<String, Integer> vocab) throws Exception {
    Files.writeString(folder.resolve("vocab.json"), JsonMapper.shared().writeValueAsString(vocab));
    Files.write(folder.resolve("merges.txt"), MERGES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'model_type': 'roberta'}",
        "{'tokenizer_class': 'RobertaTokenizerFast'}",
        "{'tokenizer_class': 'RobertaTokenizer', 'model_type': 'longformer'}"
      })
  void roberta(String config) throws Exception {
    Map<String, Integer> vocab = smallVocabulary();
    Tokenizer tokenizer = load("", config);
    long hello = vocab.get("Hello");
    long world = vocab.get("Ġworld");
    long mask = vocab.get("<mask>");

    assertThat(tokenizer.encode("Hello world")).containsExactly(0, hello, world, 2);
    assertThat(tokenizer.encode("Hello world", false)).containsExactly(hello, world);
    assertThat(tokenizer.decode(tokenizer.encode("Hello world"))).isEqualTo("Hello world");
    assertThat(tokenizer.encodeWithOffsets("Hello world").spans())
        .containsExactly(
            new CharSpan(0, 0), new CharSpan(0, 5), new CharSpan(5, 11), new CharSpan(11, 11));
    assertThat(tokenizer.encode("Hello <mask> world")).containsExactly(0, hello, mask, world, 2);
    assertThat(tokenizer.maskId()).hasValue(mask);
    assertThat(tokenizer.bosId()).hasValue(0);
    assertThat(tokenizer.padId()).hasValue(1);
    assertThat(tokenizer.eosId()).hasValue(2);
    assertThat(tokenizer.unkId()).hasValue(3);
    assertThat(tokenizer.vocabSize()).isEqualTo(vocab.size());

    SlowByteLevelBpe slow =
        new SlowByteLevelBpe(vocab, MERGES, SlowByteLevelBpe.GPT2_WORDS, List.of());
    for (String text : new RandomTexts(31).known(500)) {
      long[] inner = slow.encode(text).ids();
      assertThat(tokenizer.encode(text)).isEqualTo(around(0, inner, 2));
    }
  }

  private static long[] around(long first, long[] inner, long last) {
    return Stream.of(LongStream.of(first), LongStream.of(inner), LongStream.of(last))
        .flatMapToLong(ids -> ids)
        .toArray();
  }

  @Test
  void robertasMaskMayLeaveTheSpaceBeforeIt() throws Exception {
    Map<String, Integer> vocab = smallVocabulary();
    Tokenizer tokenizer =
        load(
            "{'tokenizer_class': 'RobertaTokenizer', 'mask_token': {'content': '<mask>', 'lstrip': false}}",
            "");

    assertThat(tokenizer.encode("Hello <mask>", false))
        .containsExactly(vocab.get("Hello"), vocab.get("Ġ"), vocab.get("<mask>"));
  }

  @Test
  void prefixSpace() throws Exception {
    Map<String, Integer> vocab = smallVocabulary();
    Tokenizer tokenizer = load("{'add_prefix_space': true}", "{'model_type': 'roberta'}");

    assertThat(tokenizer.encode("world")).containsExactly(0, vocab.get("Ġworld"), 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{'tokenizer_class': 'GPT2Tokenizer', 'add_bos_token': true}"})
  void opt(String tokenizerConfig) throws Exception {
    Map<String, Integer> vocab = smallVocabulary();
    Tokenizer tokenizer = load(tokenizerConfig, "{'model_type': 'opt'}");

    assertThat(tokenizer.encode("Hello world"))
        .containsExactly(2, vocab.get("Hello"), vocab.get("Ġworld"));
    assertThat(tokenizer.encode("Hello</s>", false)).containsExactly(vocab.get("Hello"), 2);
    assertThat(tokenizer.bosId()).hasValue(2);
    assertThat(tokenizer.eosId()).hasValue(2);
    assertThat(tokenizer.padId()).hasValue(1);
    assertThat(tokenizer.maskId()).isEmpty();
  }

  @Test
  void optWithoutItsStart() throws Exception {
    Map<String, Integer> vocab = smallVocabulary();
    Tokenizer tokenizer = load("{'add_bos_token': false}", "{'model_type': 'opt'}");

    assertThat(tokenizer.encode("Hello")).containsExactly(vocab.get("Hello"));
  }

  @Test
  void theHashKnowsTheModelsType() throws Exception {
    smallVocabulary();

    assertThat(load("", "{'model_type': 'opt'}").sha256())
        .isNotEqualTo(load("", "{'model_type': 'gpt2'}").sha256());
  }

  @Test
  void missingSpecialTokensAreRefused() throws Exception {
    Map<String, Integer> vocab = smallVocabulary();
    vocab.remove("</s>");
    write(vocab);

    assertRefused("bos_token '</s>' is not in vocab.json; OPT", "", "{'model_type': 'opt'}");
    assertRefused("sep_token '</s>' is not in vocab.json", "", "{'model_type': 'roberta'}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{'model_type': 'gpt2', 'tokenizer_class': null}",
        "{'model_type': 'gpt_neo', 'bos_token_id': 50256}",
        "{'model_type': 'gptj', 'tokenizer_class': 'GPT2Tokenizer'}",
        "{'model_type': 'phi', 'tokenizer_class': 'CodeGenTokenizer'}"
      })
  void nothingIsAddedByGpt2AndItsHeirs(String config) throws Exception {
    Vocabularies.gpt2(folder);
    Files.writeString(folder.resolve("added_tokens.json"), "{\"\\t\\t\": 50257}");
    Tokenizer tokenizer = load("", config);

    assertThat(tokenizer.encode("Hello world<|endoftext|>")).containsExactly(15496, 995, 50256);
    assertThat(tokenizer.encode("Hello\t\t world")).containsExactly(15496, 50257, 995);
    assertThat(tokenizer.decode(new long[] {15496, 50257})).isEqualTo("Hello\t\t");
    assertThat(tokenizer.eosId()).hasValue(50256);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{'model_type': 'qwen2'}", "{'model_type': 'qwen3'}"})
  void qwen2(String config) throws Exception {
    Vocabularies.gpt2(folder);
    Files.writeString(
        folder.resolve("added_tokens.json"), "{\"<|im_start|>\": 50257, \"<|im_end|>\": 50258}");
    Tokenizer tokenizer =
        load(
            "{'tokenizer_class': 'Qwen2Tokenizer', 'bos_token': null, 'eos_token': '<|im_end|>',"
                + " 'add_bos_token': false, 'additional_special_tokens': ['<|im_start|>', '<|im_end|>']}",
            config);
    SlowByteLevelBpe slow =
        new SlowByteLevelBpe(
            Vocabularies.ids(Vocabularies.json(folder.resolve("vocab.json"))),
            Files.readAllLines(folder.resolve("merges.txt")),
            SlowByteLevelBpe.QWEN2_WORDS,
            List.of());

    assertThat(tokenizer.encode("1984")).containsExactly(16, 24, 23, 19);
    assertThat(tokenizer.encode("<|im_start|>Hello world<|im_end|>"))
        .containsExactly(50257, 15496, 995, 50258);
    assertThat(tokenizer.decode(new long[] {50257, 15496, 50258})).isEqualTo("Hello");
    assertThat(tokenizer.eosId()).hasValue(50258);
    assertThat(tokenizer.padId()).hasValue(50256);
    assertThat(tokenizer.bosId()).isEmpty();
    List<String> texts = new RandomTexts(41).known(2_500);
    for (String text : texts) {
      String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
      long[] ids = tokenizer.encode(text);
      assertThat(ids).as(text).isEqualTo(slow.encode(composed).ids());
      assertThat(tokenizer.decode(ids)).isEqualTo(composed);
    }
    SpanChecks.assertCovering(tokenizer, texts);
  }

  /** The vocabulary and the ids of Hugging Face's own test of its Qwen2Tokenizer. */
  @Test
  void qwen2AsHuggingFaceTestsIt() throws Exception {
    Map<String, Integer> vocab = new LinkedHashMap<>();
    for (boolean printable : new boolean[] {true, false}) {
      for (String character : SlowByteLevelBpe.ALPHABET.values()) {
        if (character.charAt(0) < 256 == printable) {
          vocab.put(character, vocab.size());
        }
      }
    }
    String tokens = "Ġl Ġn Ġlo Ġlow er Ġlowest Ġnewer Ġwider 01 ;} ;}Ċ Ïĵ Ġ# ## <|endoftext|>";
    for (String token : tokens.split(" ")) {
      vocab.put(token, vocab.size());
    }
    write(vocab);
    Files.writeString(
        folder.resolve("merges.txt"),
        "#version: 0.2\nĠ l\nĠl o\nĠlo w\ne r\n0 1\n; }\n;} Ċ\nÏ ĵ\nĠ #\n# #");
    Tokenizer tokenizer = load("{'tokenizer_class': 'Qwen2TokenizerFast'}", "");

    assertThat(tokenizer.encode("lower lower newer 010;}\n<|endoftext|>\u03d2\u0301"))
        .containsExactly(
            75, 78, 86, 260, 259, 260, 220, 77, 68, 86, 260, 220, 15, 16, 15, 266, 270, 267);
    assertThat(tokenizer.encode(" ###")).containsExactly(268, 269);
  }

  @Test
  void qwen2WithoutItsSpecialTokens() throws Exception {
    smallVocabulary();

    assertRefused(
        "the end of text '<|endoftext|>' is in none of vocab.json, tokenizer_config.json and added_tokens.json",
        "",
        "{'model_type': 'qwen2'}");
  }

  /** A tokenizer.json needs no class; the class still tells its mask. */
  @Test
  void theMaskOfATokenizerJsonIsThatOfTheModelsClass() throws Exception {
    Files.writeString(
        folder.resolve("tokenizer.json"),
        """
        {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "max_input_chars_per_word": 100, "vocab": {"a": 0, "[MASK]": 1, "[UNK]": 2}}}
        """);

    assertThat(load("{}", "{'model_type': 'bert'}").maskId()).hasValue(1);
    assertThat(load("{'mask_token': 'a'}", "").maskId()).hasValue(0);
    assertThat(load("{'mask_token': null}", "").maskId()).isEmpty();
    Tokenizer other = load("{}", "{'model_type': 'llama', 'unk_token_id': 2}");
    assertThat(other.maskId()).isEmpty();
    assertThat(other.unkId()).hasValue(2);
  }
}
