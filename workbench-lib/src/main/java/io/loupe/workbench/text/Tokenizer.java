package io.loupe.workbench.text;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * Turns text into token ids and back. Implementations are immutable and safe for use by several
 * threads. Texts are never cut or padded.
 */
public interface Tokenizer {
  /**
   * Encodes a text and notes the span of every token.
   *
   * @param addSpecialTokens whether to add the special tokens that the model expects around every
   *     text, such as one that begins it. Special tokens written out in the text are always
   *     recognised
   * @throws IllegalArgumentException if the text has half of a surrogate pair, which is no
   *     character
   */
  Encoding encodeWithOffsets(String text, boolean addSpecialTokens);

  /** Encodes a text with the special tokens that the model expects. */
  default Encoding encodeWithOffsets(String text) {
    return encodeWithOffsets(text, true);
  }

  /** Returns the token ids of a text; see {@link #encodeWithOffsets(String, boolean)}. */
  default long[] encode(String text, boolean addSpecialTokens) {
    return encodeWithOffsets(text, addSpecialTokens).ids();
  }

  /** Returns the token ids of a text, with the special tokens that the model expects. */
  default long[] encode(String text) {
    return encode(text, true);
  }

  /**
   * Returns the text of the tokens, with nothing stripped or tidied up. Bytes that are no
   * characters become U+FFFD.
   *
   * @throws IllegalArgumentException if there is no token of one of the ids
   */
  String decode(long[] ids, boolean skipSpecialTokens);

  /**
   * Returns the text of the tokens without the special ones, so that the result of {@link
   * #encode(String)} gives the text back, where the vocabulary can spell it.
   *
   * @throws IllegalArgumentException if there is no token of one of the ids
   */
  default String decode(long[] ids) {
    return decode(ids, true);
  }

  /**
   * Returns the text that one token stands for in the middle of a text, its leading space included.
   * Bytes that are part of a character are written as {@code <0xE2>}; special tokens as they are
   * called.
   *
   * @throws IllegalArgumentException if there is no token of that id
   */
  String token(long id);

  /** Returns the text of every single token; see {@link #token}. */
  default List<String> tokens(long[] ids) {
    return Arrays.stream(ids).mapToObj(this::token).toList();
  }

  /**
   * Returns the id of the token of that text: as {@link #token} gives it ({@code " Mary"}), or as
   * it stands in the vocabulary's file ({@code "ĠMary"}). Of BERT's word {@code man} and its piece
   * {@code ##man}, which read the same, {@code "man"} gives the word. Empty if it takes several
   * tokens.
   */
  OptionalLong idOf(String token);

  /** Returns one more than the largest token id, special tokens included. */
  int vocabSize();

  /** Returns the id of the token that begins a text, if there is one. */
  OptionalLong bosId();

  /** Returns the id of the token that ends a text, if there is one. */
  OptionalLong eosId();

  /** Returns the id of the token that fills up shorter texts of a batch, if there is one. */
  OptionalLong padId();

  /**
   * Returns the id of the token that stands for a hidden one, which a masked language model
   * predicts, if there is one: {@code [MASK]}, {@code <mask>}.
   */
  OptionalLong maskId();

  /**
   * Returns the id of the token that stands for what the vocabulary cannot spell, if there is one.
   * Byte-level vocabularies spell everything: some name one all the same, and never use it.
   */
  OptionalLong unkId();

  /** Returns the SHA-256 over the names and contents of the tokenizer's files. */
  String sha256();
}
