package io.loupe.circuits.weights;

/**
 * What stands for a token where a circuit is read over the vocabulary; heads of the first layer
 * read embeddings whatever is chosen, since nothing was added before them. Neither is divided by
 * the scale of the norm that a head reads through, which depends on the text: rows of a vocabulary
 * map can be ranked within, and not compared in size with other rows without thought.
 */
public enum TokenVectors {
  /** The token's embedding, without a position or segment (Elhage et al. 2021). */
  EMBEDDING("embeddings"),
  /**
   * The token's embedding and what the first MLP adds to it, which together are what later layers
   * see of the token: the first MLP of many models works as a second embedding (Wang et al. 2022;
   * Gould et al. 2023).
   */
  THROUGH_FIRST_MLP("embeddings with what the first MLP adds");

  private final String words;

  TokenVectors(String words) {
    this.words = words;
  }

  @Override
  public String toString() {
    return words;
  }
}
