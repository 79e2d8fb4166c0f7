package io.loupe.datasets.tasks;

import io.loupe.datasets.task.TextTokens;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A tokenizer of words that keeps the space before a number apart, as Llama's does. */
enum SpacedDigits implements TextTokens {
  APART;

  private static final Pattern TOKEN =
      Pattern.compile(" ?\\p{L}+|\\p{Nd}{1,2}| ?[^\\s\\p{Nd}]|\\s");

  @Override
  public long[] ids(String text) {
    return TOKEN
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .mapToLong(token -> token.hashCode() & 0xffffffffL)
        .toArray();
  }
}
