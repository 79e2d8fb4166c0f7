package io.loupe.workbench.site;

/**
 * What one dimension of an activation counts. Every {@link Site} lists its axes in order; no code
 * counts dimensions by hand.
 */
public enum Axis {
  /** Examples. */
  BATCH,
  /** Token positions. */
  POS,
  /** Positions that attend. */
  QUERY_POS,
  /** Positions that are attended to. */
  KEY_POS,
  /** Attention (query) heads. */
  HEAD,
  /** Key and value heads: fewer than {@link #HEAD} in grouped-query attention. */
  KV_HEAD,
  /** The residual stream. */
  D_MODEL,
  /** Inside one head. */
  D_HEAD,
  /** Neurons of the MLP. */
  D_MLP,
  /** The vocabulary. */
  D_VOCAB,
  /** A dimension of size one, kept so that the activation broadcasts. */
  ONE;

  /** Tells whether it counts positions of tokens. */
  public boolean isPosition() {
    return this == POS || this == QUERY_POS || this == KEY_POS;
  }
}
