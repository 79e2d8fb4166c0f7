package io.loupe.datasets.task;

import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Words, pairs of digits and single characters; an id is a hash, so there is no vocabulary. */
enum WordTokens implements TextTokens {
  WORDS;

  private static final Pattern TOKEN = Pattern.compile(" ?\\p{L}+| ?\\p{Nd}{1,2}| ?[^\\s]|\\s");

  @Override
  public long[] ids(String text) {
    return TOKEN.matcher(text).results().map(MatchResult::group).mapToLong(Mixing::hash).toArray();
  }
}
