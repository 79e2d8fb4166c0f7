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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WordPiece from vocab.txt: bert-base-uncased. */
class BertTokenizerTest {
  @TempDir static Path folder;
  private static Tokenizer tokenizer;
  private static List<String> vocab;

  @BeforeAll
  static void load() throws Exception {
    Vocabularies.bert(folder);
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"bert\"}");
    vocab = Files.readAllLines(folder.resolve("vocab.txt"));
    tokenizer = HuggingFaceTokenizers.load(folder);
  }

  private static Tokenizer with(Path other, String config) throws Exception {
    Files.copy(folder.resolve("vocab.txt"), other.resolve("vocab.txt"));
    Files.writeString(other.resolve("tokenizer_config.json"), config.replace('\'', '"'));
    return HuggingFaceTokenizers.load(other);
  }

  /** Published examples (Hugging Face's, and C. McCormick's), each looked up in the vocabulary. */
  @Test
  void knownIds() {
    assertThat(tokenizer.encode("hello world")).containsExactly(101, 7592, 2088, 102);
    assertThat(tokenizer.encode("Hello, World!")).containsExactly(101, 7592, 1010, 2088, 999, 102);
    assertThat(tokenizer.encode("The capital of France is [MASK]."))
        .containsExactly(101, 1996, 3007, 1997, 2605, 2003, 103, 1012, 102);
    assertThat(tokenizer.encode("Jim Henson was a puppeteer", false))
        .containsExactly(3958, 27227, 2001, 1037, 13997, 11510);
    assertThat(tokenizer.encode("embeddings", false)).containsExactly(7861, 8270, 4667, 2015);
    assertThat(tokenizer.encode("Résumé\tCAFÉ naïve", false)).containsExactly(13746, 7668, 15743);
    assertThat(tokenizer.encode("中文", false)).containsExactly(1746, 1861);
    assertThat(tokenizer.encode("it's", false)).containsExactly(2009, 1005, 1055);
    assertThat(tokenizer.encode("\u1f47b 👻", false)).endsWith(100);
  }

  @Test
  void specialTokensAreThoseOfBert() {
    assertThat(tokenizer.vocabSize()).isEqualTo(30_522);
    assertThat(tokenizer.padId()).hasValue(0);
    assertThat(tokenizer.unkId()).hasValue(100);
    assertThat(tokenizer.maskId()).hasValue(103);
    assertThat(tokenizer.bosId()).isEmpty();
    assertThat(tokenizer.eosId()).isEmpty();
    assertThat(tokenizer.idOf("[CLS]")).hasValue(101);
    assertThat(tokenizer.idOf("[SEP]")).hasValue(102);
    long[] ids = tokenizer.encode("Hello [MASK]!");
    assertThat(tokenizer.decode(ids)).isEqualTo("hello !");
    assertThat(tokenizer.decode(ids, false)).isEqualTo("[CLS] hello [MASK] ! [SEP]");
  }

  /** Accents are dropped, but a token's span covers them, composed or not. */
  @Test
  void spansAreThoseOfTheTextAsItWas() {
    Encoding encoding = tokenizer.encodeWithOffsets("E\u0301l dé👻 embeddingse\u0301!");

    assertThat(tokenizer.tokens(encoding.ids()))
        .containsExactly("[CLS]", " el", "[UNK]", " em", "bed", "ding", "se", " !", "[SEP]");
    assertThat(encoding.spans())
        .containsExactly(
            new CharSpan(0, 0),
            new CharSpan(0, 3),
            new CharSpan(4, 8),
            new CharSpan(9, 11),
            new CharSpan(11, 14),
            new CharSpan(14, 18),
            new CharSpan(18, 21),
            new CharSpan(21, 22),
            new CharSpan(22, 22));
  }

  @Test
  void wordsAreFoundBeforePiecesThatReadTheSame() {
    assertThat(tokenizer.idOf("man")).hasValue(2158);
    assertThat(tokenizer.idOf(" man")).hasValue(2158);
    assertThat(tokenizer.idOf("##man")).hasValue(2386);
    assertThat(tokenizer.token(2386)).isEqualTo("man");
    assertThat(tokenizer.idOf("manandwoman")).isEqualTo(OptionalLong.empty());
  }

  @Test
  void agreesWithPlainWordPiece() {
    SlowWordPiece slow = new SlowWordPiece(vocab, true, true, true);
    for (String text : texts(21)) {
      assertThat(tokenizer.encode(text, false)).as(text).isEqualTo(slow.encode(text));
    }
    String longest = "a".repeat(100);
    assertThat(tokenizer.encode(longest, false))
        .isEqualTo(slow.encode(longest))
        .hasSizeGreaterThan(1);
    assertThat(tokenizer.encode(longest + "a", false)).containsExactly(100);
  }

  /** The plain implementation does not know special tokens that stand in the text. */
  private static List<String> texts(long seed) {
    return new RandomTexts(seed).known(8_000).stream().filter(t -> !t.contains("[MASK]")).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "false, , true, false",
    "false, true, false, true",
    "true, false, true, false",
    "true, , false, true"
  })
  void settingsOfTheConfig(
      boolean lower, Boolean strip, boolean chinese, boolean effective, @TempDir Path other)
      throws Exception {
    Tokenizer set =
        with(
            other,
            "{'tokenizer_class': 'BertTokenizer', 'do_lower_case': %s, 'strip_accents': %s, 'tokenize_chinese_chars': %s}"
                .formatted(lower, strip, chinese));
    SlowWordPiece slow = new SlowWordPiece(vocab, lower, effective, chinese);

    for (String text : List.of("Hello", "hello", "é", "É", "中文", "a中b", "Éa\u0301")) {
      assertThat(set.encode(text, false)).as(text).isEqualTo(slow.encode(text));
    }
    for (String text : texts(22).subList(0, 1_000)) {
      assertThat(set.encode(text, false)).as(text).isEqualTo(slow.encode(text));
    }
  }

  @Test
  void decodedTextGivesTheSameIds() {
    List<String> texts = new RandomTexts(23).known(5_000);
    texts.addAll(new RandomTexts(24).any(5_000));
    for (String text : texts) {
      Encoding encoding = tokenizer.encodeWithOffsets(text);
      String decoded = tokenizer.decode(encoding.ids(), false);
      assertThat(tokenizer.encode(decoded, false)).as(text).isEqualTo(encoding.ids());
      SpanChecks.assertMonotone(encoding);
    }
  }

  @Test
  void namesOfSpecialTokensMayDiffer(@TempDir Path other) throws Exception {
    Tokenizer set =
        with(
            other,
            "{'cls_token': '[unused0]', 'sep_token': {'content': '[unused1]'}, 'mask_token': '[unused2]', 'unk_token': 'a'}");

    assertThat(set.encode("hello 👻 [unused2][MASK]"))
        .startsWith(1, 7592, 1037, 3)
        .doesNotContain(103)
        .endsWith(2);
    assertThat(set.maskId()).hasValue(3);
    assertThat(set.unkId()).hasValue(1037);
  }

  @Test
  void vocabJsonBesideItIsNotBerts(@TempDir Path other) throws Exception {
    Files.writeString(other.resolve("vocab.json"), "{}");

    assertThat(with(other, "{'tokenizer_class': 'BertTokenizer'}").encode("hello"))
        .containsExactly(101, 7592, 102);
  }

  @Test
  void addedTokensAreNotSplit(@TempDir Path other) throws Exception {
    Files.writeString(other.resolve("added_tokens.json"), "{\"<Mark>\": 30522}");
    Tokenizer more = with(other, "{}");

    assertThat(more.vocabSize()).isEqualTo(30_523);
    assertThat(more.encode("hello<Mark>world", false)).containsExactly(7592, 30_522, 2088);
    assertThat(more.sha256()).isNotEqualTo(tokenizer.sha256());
  }

  @Test
  void brokenFilesAreRefused(@TempDir Path other) throws Exception {
    Path file = other.resolve("vocab.txt");
    Files.writeString(file, "[UNK]\n[CLS]\nhello\n");
    assertRefused(other, file, "expected a line with the sep_token '[SEP]'");
    Files.writeString(file, "[SEP]\n[CLS]\nhello\n");
    assertRefused(other, file, "expected a line with the unk_token '[UNK]'");
    Files.write(file, new byte[] {'a', (byte) 0xff});
    assertRefused(other, file, "no UTF-8 text");

    Files.copy(
        folder.resolve("vocab.txt"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Path config = other.resolve("tokenizer_config.json");
    Files.writeString(config, "{\"do_lower_case\": \"yes\"}");
    assertRefused(other, config, "expected true or false for do_lower_case, got \"yes\"");
    Files.writeString(config, "{\"do_basic_tokenize\": false}");
    assertRefused(
        other, other, "do_basic_tokenize false cannot be made from vocab.txt; save it as");
    Files.writeString(config, "{\"tokenizer_class\": \"EsmTokenizer\"}");
    assertRefused(other, other, "a EsmTokenizer cannot be made from vocab.txt; save it as");
    Files.writeString(config, "{\"tokenizer_class\": \"GPT2Tokenizer\"}");
    assertRefused(other, other, "a GPT2Tokenizer cannot be made from vocab.txt; save it as");
  }

  private static void assertRefused(Path folder, Path file, String message) {
    assertThatExceptionOfType(TokenizerException.class)
        .isThrownBy(() -> HuggingFaceTokenizers.load(folder))
        .withMessageStartingWith(file + ": ")
        .withMessageContaining(message);
  }
}
