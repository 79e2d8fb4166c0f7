package io.loupe.workbench.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.loupe.datasets.ShippedModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A SentencePiece vocabulary with bytes to fall back on, from tokenizer.json. */
class StoriesTokenizerTest {
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() throws Exception {
    tokenizer = HuggingFaceTokenizers.load(ShippedModels.folder("stories260k").orElseThrow());
  }

  @Test
  void encodesAsHuggingFaceDoes() throws Exception {
    JsonNode expected =
        JsonMapper.shared()
            .readTree(
                Files.readString(Path.of("src/test/resources/models/stories260k/expected.json")));
    long[] ids =
        expected.get("sentence_ids").valueStream().mapToLong(JsonNode::longValue).toArray();
    String sentence = expected.get("sentence").stringValue();

    assertThat(tokenizer.encode(sentence)).isEqualTo(ids);
    assertThat(tokenizer.encode(sentence, false)).isEqualTo(Arrays.copyOfRange(ids, 1, ids.length));
    assertThat(tokenizer.decode(ids)).isEqualTo(sentence);
    assertThat(tokenizer.decode(ids, false)).isEqualTo("<s> " + sentence);
  }

  @Test
  void knowsItsSpecialTokens() {
    assertThat(tokenizer.bosId()).hasValue(1);
    assertThat(tokenizer.eosId()).hasValue(2);
    assertThat(tokenizer.padId()).isEmpty();
    assertThat(tokenizer.vocabSize()).isEqualTo(512);
  }

  @Test
  void singleTokensReadAsInTheMiddleOfAText() {
    long[] ids = tokenizer.encode("Lily, ok\nñ");

    assertThat(tokenizer.tokens(ids)).containsExactly("<s>", " Lily", ",", " o", "k", "\n", "ñ");
    assertThat(tokenizer.tokens(tokenizer.encode("ö", false)))
        .containsExactly(" ", "<0xC3>", "<0xB6>");
  }

  @Test
  void idOfTakesTextsAndEntries() {
    assertThat(tokenizer.idOf(" Lily")).hasValue(317);
    assertThat(tokenizer.idOf("▁Lily")).hasValue(317);
    assertThat(tokenizer.idOf("<s>")).hasValue(1);
    assertThat(tokenizer.idOf("\n")).hasValue(13);
    assertThat(tokenizer.idOf("a")).hasValue(412);
    assertThat(tokenizer.idOf("elephant")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "a",
        " a",
        "a ",
        "  two  spaces  ",
        "tab\tnew\nline\r\n",
        "it 's , not . cleaned !",
        "héllo wörld",
        "中文和日本語",
        "😀",
        "👩‍👩‍👧 family",
        "a\u0000b",
        "e\u0301",
        "\u00a0x\u2003y",
        "ﬁ ½ ①",
        "▁",
        "\uFFFD",
        "🏳️‍🌈x"
      })
  void decodingGivesTheTextBack(String text) {
    String expected = text.replace('▁', ' '); // the vocabulary cannot spell this character

    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(expected);
  }

  @Test
  void spansAreIndicesOfCharsInTheOriginalText() {
    String text = "a 😀 bö";
    Encoding encoding = tokenizer.encodeWithOffsets(text);

    assertThat(encoding.ids()).isEqualTo(tokenizer.encode(text));
    assertThat(encoding.spans())
        .containsExactly(
            new CharSpan(0, 0), // <s>
            new CharSpan(0, 1), // a, with a space put before it
            new CharSpan(1, 2),
            new CharSpan(2, 4), // four bytes of one character, which is two chars
            new CharSpan(2, 4),
            new CharSpan(2, 4),
            new CharSpan(2, 4),
            new CharSpan(4, 6),
            new CharSpan(6, 7),
            new CharSpan(6, 7));
    assertThat(encoding.positions(4, 6)).containsExactly(7);
    assertThat(encoding.positions(2, 3)).containsExactly(3, 4, 5, 6);
    assertThat(encoding.positions(0, 7)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(encoding.text()).isSameAs(text);
    assertThat(encoding.size()).isEqualTo(10);
  }

  @Test
  void specialTokensInTheTextAreRecognised() {
    Encoding encoding = tokenizer.encodeWithOffsets("x</s>y", false);

    assertThat(encoding.ids()).contains(2);
    int position = tokenizer.tokens(encoding.ids()).indexOf("</s>");
    assertThat(encoding.spans().get(position)).isEqualTo(new CharSpan(1, 5));
  }

  @Test
  void longTextsAreNotCut() {
    String text = "Lily and Ben. ".repeat(2_000);

    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
  }

  @Test
  void callersMistakes() {
    for (long id : new long[] {-1, 512, Long.MAX_VALUE}) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> tokenizer.token(id))
          .withMessage("There is no token of id %d; ids go from 0 to 511", id);
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> tokenizer.decode(new long[] {5, id}));
    }
    for (String text : List.of("ab\ud83d", "ab\ude00", "ab\ude00\ud83d")) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> tokenizer.encode(text))
          .withMessageContaining("half of a surrogate pair at index 2");
    }
    Encoding encoding = tokenizer.encodeWithOffsets("abc");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> encoding.positions(1, 4))
        .withMessage("Expected 0 <= start < end <= 3, got [1, 4)");
  }

  @Test
  void severalThreadsMayUseIt() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Boolean>> tasks =
          IntStream.range(0, 200)
              .<Callable<Boolean>>mapToObj(
                  i ->
                      () -> {
                        String text = "Story " + i + " of Lily 😀";
                        return tokenizer.decode(tokenizer.encode(text)).equals(text);
                      })
              .toList();
      for (Future<Boolean> same : pool.invokeAll(tasks)) {
        assertThat(same.get()).isTrue();
      }
    } finally {
      pool.shutdown();
    }
  }
}
