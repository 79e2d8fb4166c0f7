package io.loupe.workbench.nn;

/** Which keys a query may see, by their columns. Padding is taken care of apart from this. */
@FunctionalInterface
interface MaskRule {
  /** A token sees itself and what stands before it. */
  MaskRule CAUSAL = (query, key) -> key <= query;

  boolean sees(int query, int key);
}
