package io.loupe.workbench.nn;

/**
 * How tokens enter the residual stream.
 *
 * @param learnedPositions whether a vector per position is added
 * @param tokenTypes whether a vector for the token's segment is added (BERT); every token is of the
 *     first
 * @param scale what token embeddings are multiplied with (Gemma: the root of d_model)
 * @param normed whether the sum is normalised (BERT, BLOOM)
 */
public record EmbeddingSpec(
    boolean learnedPositions, boolean tokenTypes, double scale, boolean normed) {
  /** Token embeddings alone. */
  public static final EmbeddingSpec TOKENS = new EmbeddingSpec(false, false, 1, false);

  /** Token embeddings and learned positions. */
  public static final EmbeddingSpec LEARNED_POSITIONS = new EmbeddingSpec(true, false, 1, false);
}
