package io.loupe.datasets.align;

/** How the values of a word's tokens become one. */
public enum Pooling {
  /** That of the first token. */
  FIRST,
  /** That of the last token, which has seen the whole word in a causal model. */
  LAST,
  /** Their mean. */
  MEAN,
  /** The largest. */
  MAX,
  /**
   * Their sum. A token that several words share is shared out by characters, so that the sum over
   * all words is that over all tokens that stand in a word.
   */
  SUM
}
