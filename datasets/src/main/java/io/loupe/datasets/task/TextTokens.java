package io.loupe.datasets.task;

import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a task needs to know of a tokenizer. The workbench's is one lambda away: {@code text ->
 * tokenizer.encode(text, false)}.
 */
@FunctionalInterface
public interface TextTokens {
  /** Returns the text's token ids, without special tokens behind it. */
  long[] ids(String text);

  /**
   * Returns the tokens with which a text goes on; null if the two together are cut otherwise.
   *
   * @param before the text so far
   * @param more what follows it, with its leading space
   */
  default long @Nullable [] continuation(String before, String more) {
    long[] first = ids(before);
    long[] both = ids(before + more);
    if (both.length < first.length || !Arrays.equals(first, Arrays.copyOf(both, first.length))) {
      return null;
    }
    return Arrays.copyOfRange(both, first.length, both.length);
  }

  /** Returns the one token with which a text goes on; empty if there are more. */
  default OptionalLong single(String before, String more) {
    long[] rest = continuation(before, more);
    return rest == null || rest.length != 1 ? OptionalLong.empty() : OptionalLong.of(rest[0]);
  }

  /**
   * Returns a tokenizer for looking at tasks without a model: a token is a word with the space
   * before it, two digits of a number, or one other character.
   */
  static TextTokens words() {
    return WordTokens.WORDS;
  }
}
