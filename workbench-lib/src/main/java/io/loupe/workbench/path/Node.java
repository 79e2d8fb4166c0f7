package io.loupe.workbench.path;

import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Head;

/** A part of a model that writes to the residual stream. */
public sealed interface Node extends Comparable<Node> {

  /** The embeddings: the stream that the first layer reads. */
  record Embedding() implements Node {
    @Override
    public String toString() {
      return "embedding";
    }
  }

  /** One attention head; what it writes passes a norm behind the attention if there is one. */
  record Attention(Head head) implements Node {
    @Override
    public String toString() {
      return head.toString();
    }
  }

  /** One MLP, with a norm behind it if there is one. */
  record Mlp(int layer) implements Node {
    @Override
    public String toString() {
      return "L" + layer + " mlp";
    }
  }

  /**
   * Returns from which place of the stream on this part's output is in it. Place 2l is the stream
   * before layer l, 2l + 1 the stream between its attention and its MLP.
   */
  default int writesBefore(ModelConfig config) {
    if (this instanceof Attention attention) {
      int layer = attention.head().layer();
      return config.block().parallel() ? 2 * layer + 2 : 2 * layer + 1;
    }
    return this instanceof Mlp mlp ? 2 * mlp.layer() + 2 : 0;
  }

  /** Throws {@code IllegalArgumentException} if the model has no such part. */
  default void check(ModelConfig config) {
    if (this instanceof Attention attention && !config.allHeads().contains(attention.head())) {
      throw new IllegalArgumentException(
          "%s does not exist: the model has layers 0 to %d with heads 0 to %d"
              .formatted(this, config.layers() - 1, config.heads() - 1));
    }
    if (this instanceof Mlp && !config.hasMlps()) {
      throw new IllegalArgumentException(
          this + " does not exist: the layers of this model are attention alone");
    }
    if (this instanceof Mlp mlp && (mlp.layer() < 0 || mlp.layer() >= config.layers())) {
      throw new IllegalArgumentException(
          "%s does not exist: the model has layers 0 to %d".formatted(this, config.layers() - 1));
    }
  }

  /** Orders as the forward pass does. */
  @Override
  default int compareTo(Node other) {
    return Integer.compare(order(), other.order());
  }

  private int order() {
    if (this instanceof Attention attention) {
      return (attention.head().layer() << 16) + attention.head().index();
    }
    return this instanceof Mlp mlp ? (mlp.layer() << 16) + 0xffff : -1;
  }
}
