package io.loupe.workbench.nn;

/** How a model knows where a token stands. */
public sealed interface PositionSpec {
  /** A learned vector per position, added to the token embedding (GPT-2). */
  record Learned() implements PositionSpec {}

  /**
   * Rotary embedding of queries and keys (Su et al. 2021), halves convention: dimension i turns
   * together with i + dimensions / 2.
   *
   * @param dimensions how many of a head's dimensions are turned
   * @param base the longest wave length over 2 pi
   */
  record Rotary(int dimensions, double base) implements PositionSpec {}
}
