package io.loupe.workbench.text;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The text of every single token, and the way back from a text to the token. */
record TokenTexts(Vocabulary vocabulary, Spelling spelling) {
  /** How a vocabulary writes its tokens. */
  enum Spelling {
    /** Each byte by a character of {@link ByteAlphabet}. */
    BYTES,
    /** A piece that goes on with a word begins with {@code ##}; any other begins one. */
    WORD_PIECES,
    /** As the decoder says. */
    OTHER;

    static Spelling of(ObjectNode tokenizer) {
      if (tokenizer.path("model").path("type").asString("").equals("WordPiece")) {
        return WORD_PIECES;
      }
      return isByteLevel(tokenizer.path("decoder")) ? BYTES : OTHER;
    }

    private static boolean isByteLevel(JsonNode decoder) {
      return decoder.path("type").asString("").equals("ByteLevel")
          || decoder.path("decoders").valueStream().anyMatch(Spelling::isByteLevel);
    }
  }

  /**
   * Returns a table of what each token stands for in the middle of a text.
   *
   * @param decode decodes some ids, special tokens included
   */
  Table table(Function<long[], String> decode) {
    OptionalInt letter =
        vocabulary.ids().stream()
            .mapToInt(Integer::intValue)
            .filter(id -> !vocabulary.isAdded(id))
            .filter(id -> isLetter(decode.apply(new long[] {id})))
            .findFirst();
    Map<Integer, String> texts = new LinkedHashMap<>();
    for (int id : vocabulary.ids()) {
      texts.put(id, text(id, letter, decode));
    }
    return new Table(vocabulary, texts, spelling == Spelling.WORD_PIECES);
  }

  private static boolean isLetter(String text) {
    return text.length() == 1 && text.charAt(0) < 128 && Character.isLetter(text.charAt(0));
  }

  private String text(int id, OptionalInt letter, Function<long[], String> decode) {
    String entry = vocabulary.entry(id);
    if (vocabulary.isAdded(id)) {
      return entry;
    }
    if (spelling == Spelling.BYTES) {
      String text = ByteAlphabet.text(entry);
      return text == null ? entry : text;
    }
    if (letter.isEmpty()) {
      return entry;
    }
    // decoders drop the space at the start of a text: only behind a letter is the token itself
    String pair = decode.apply(new long[] {letter.getAsInt(), id});
    return pair.isEmpty() || pair.indexOf('\uFFFD') >= 0 ? entry : pair.substring(1);
  }

  /** Texts by id, and ids by text. */
  static final class Table {
    private final Vocabulary vocabulary;
    private final Map<Integer, String> texts;
    private final boolean entriesFirst;
    private final Map<String, Integer> idOf = new HashMap<>();

    Table(Vocabulary vocabulary, Map<Integer, String> texts, boolean entriesFirst) {
      this.vocabulary = vocabulary;
      this.texts = texts;
      this.entriesFirst = entriesFirst;
      // a single byte may have the same text as a token of that letter: the byte comes second
      for (boolean bytes : new boolean[] {false, true}) {
        texts.forEach(
            (id, text) -> {
              if (isByte(vocabulary.entry(id)) == bytes) {
                idOf.putIfAbsent(text, id);
              }
            });
      }
    }

    private static boolean isByte(String entry) {
      return entry.length() == 6 && entry.startsWith("<0x") && entry.endsWith(">");
    }

    String text(long id) {
      return texts.getOrDefault((int) id, vocabulary.entry(id));
    }

    OptionalLong idOf(String token) {
      OptionalLong entry = vocabulary.idOf(token);
      @Nullable Integer id = idOf.get(token);
      // "man" is the word rather than the piece ##man, whose text it is too
      return id == null || entriesFirst && entry.isPresent() ? entry : OptionalLong.of(id);
    }
  }
}
