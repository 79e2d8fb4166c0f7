package io.loupe.workbench.nn;

/**
 * The sizes of a model.
 *
 * @param layers number of blocks
 * @param dModel width of the residual stream
 * @param heads attention heads per layer
 * @param kvHeads key and value heads per layer; divides {@code heads}
 * @param dHead width of one head
 * @param dMlp neurons per layer; 0 for a model of attention alone
 * @param vocab number of tokens
 * @param context longest input, in tokens
 */
public record Dimensions(
    int layers, int dModel, int heads, int kvHeads, int dHead, int dMlp, int vocab, int context) {
  public Dimensions {
    if (layers < 1
        || dModel < 1
        || heads < 1
        || kvHeads < 1
        || dHead < 1
        || dMlp < 0
        || vocab < 1
        || context < 1) {
      throw new IllegalArgumentException(
          "Every size of a model is at least 1, that of its MLPs 0 for none; got layers %d, dModel %d, heads %d, kvHeads %d, dHead %d, dMlp %d, vocab %d, context %d"
              .formatted(layers, dModel, heads, kvHeads, dHead, dMlp, vocab, context));
    }
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "Each key/value head serves the same number of heads; got %d heads and %d key/value heads"
              .formatted(heads, kvHeads));
    }
  }

  /** Returns the sizes of a model whose heads share its width evenly, each with its own keys. */
  public static Dimensions multiHead(
      int layers, int dModel, int heads, int dMlp, int vocab, int context) {
    if (dModel % heads != 0) {
      throw new IllegalArgumentException(
          "%d heads do not share a width of %d evenly".formatted(heads, dModel));
    }
    return new Dimensions(layers, dModel, heads, heads, dModel / heads, dMlp, vocab, context);
  }
}
