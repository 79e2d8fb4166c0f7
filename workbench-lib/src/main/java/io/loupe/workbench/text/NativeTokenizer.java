package io.loupe.workbench.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Hugging Face's own library, through DJL. */
final class NativeTokenizer implements Tokenizer {
  private static final Cleaner CLEANER = Cleaner.create();

  private final HuggingFaceTokenizer library;
  private final Vocabulary vocabulary;
  private final TokenTexts texts;
  private final OptionalLong bosId;
  private final OptionalLong eosId;
  private final OptionalLong padId;
  private final OptionalLong maskId;
  private final OptionalLong unkId;
  private final String sha256;
  private TokenTexts.@Nullable Table table;

  NativeTokenizer(
      HuggingFaceTokenizer library, TokenTexts texts, SpecialTokens special, String sha256) {
    this.library = library;
    this.texts = texts;
    vocabulary = texts.vocabulary();
    bosId = special.id("bos", vocabulary);
    eosId = special.id("eos", vocabulary);
    padId = special.id("pad", vocabulary);
    maskId = special.id("mask", vocabulary);
    unkId = special.id("unk", vocabulary);
    this.sha256 = sha256;
    CLEANER.register(this, library::close);
  }

  @Override
  public Encoding encodeWithOffsets(String text, boolean addSpecialTokens) {
    checkSurrogates(text);
    try {
      ai.djl.huggingface.tokenizers.Encoding encoding =
          library.encode(text, addSpecialTokens, false);
      return new Encoding(
          text, encoding.getIds(), TokenSpans.of(text, encoding.getCharTokenSpans()));
    } finally {
      // or the native tokenizer might be released during its last call
      Reference.reachabilityFence(this);
    }
  }

  private static void checkSurrogates(String text) {
    for (int i = 0; i < text.length(); i = text.offsetByCodePoints(i, 1)) {
      int c = text.codePointAt(i);
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        throw new IllegalArgumentException(
            "Expected whole characters, got half of a surrogate pair at index " + i);
      }
    }
  }

  @Override
  public String decode(long[] ids, boolean skipSpecialTokens) {
    for (long id : ids) {
      vocabulary.entry(id);
    }
    try {
      return library.decode(ids, skipSpecialTokens);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public String token(long id) {
    return table().text(id);
  }

  @Override
  public OptionalLong idOf(String token) {
    return table().idOf(token);
  }

  private synchronized TokenTexts.Table table() {
    TokenTexts.Table made = table;
    if (made == null) {
      made = texts.table(ids -> decode(ids, false));
      table = made;
    }
    return made;
  }

  @Override
  public int vocabSize() {
    return vocabulary.size();
  }

  @Override
  public OptionalLong bosId() {
    return bosId;
  }

  @Override
  public OptionalLong eosId() {
    return eosId;
  }

  @Override
  public OptionalLong padId() {
    return padId;
  }

  @Override
  public OptionalLong maskId() {
    return maskId;
  }

  @Override
  public OptionalLong unkId() {
    return unkId;
  }

  @Override
  public String sha256() {
    return sha256;
  }

  @Override
  public String toString() {
    return "Tokenizer of " + vocabulary.size() + " tokens";
  }
}
