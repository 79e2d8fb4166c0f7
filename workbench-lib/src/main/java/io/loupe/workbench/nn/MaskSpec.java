package io.loupe.workbench.nn;

import java.util.OptionalInt;

/**
 * Which keys a query may see, by their distance. Padding is taken care of apart from this.
 *
 * @param causal whether a token sees only itself and what stands before it
 * @param window how many tokens it sees on a side, itself counted (Beltagy et al. 2020); empty for
 *     all
 */
public record MaskSpec(boolean causal, OptionalInt window) {
  /** A token sees itself and what stands before it. */
  public static final MaskSpec CAUSAL = new MaskSpec(true, OptionalInt.empty());

  /** Every token sees every token. */
  public static final MaskSpec BIDIRECTIONAL = new MaskSpec(false, OptionalInt.empty());

  public MaskSpec {
    if (window.isPresent() && window.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "A window holds at least the token itself: 1; got " + window.getAsInt());
    }
  }

  /** A token sees itself and so many less one before it. */
  public static MaskSpec window(int tokens) {
    return new MaskSpec(true, OptionalInt.of(tokens));
  }

  /** Tells whether a query at one position sees a key at another. */
  public boolean sees(long query, long key) {
    return (!causal || key <= query)
        && (window.isEmpty() || Math.abs(query - key) < window.getAsInt());
  }

  @Override
  public String toString() {
    return (causal ? "causal" : "bidirectional")
        + (window.isPresent() ? ", window " + window.getAsInt() : "");
  }
}
