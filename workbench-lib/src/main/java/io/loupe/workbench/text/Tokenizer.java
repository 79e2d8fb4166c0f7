package io.loupe.workbench.text;

import java.util.List;

/** Text to token ids and back. */
public interface Tokenizer {
  /**
   * Returns ids, with the special tokens that the tokenizer adds by itself (often a token for the
   * beginning of the text).
   */
  long[] encode(String text);

  /** Returns the text of ids, special tokens left out. */
  String decode(long[] ids);

  /** Returns the text of one token as it stands in the vocabulary, made readable. */
  String token(long id);

  /** Returns the readable text of each token. */
  default List<String> tokens(long[] ids) {
    return java.util.Arrays.stream(ids).mapToObj(this::token).toList();
  }

  int vocabSize();

  /** Returns the SHA-256 of the tokenizer's files. */
  String sha256();
}
