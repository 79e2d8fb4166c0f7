package io.loupe.workbench.path;

import io.loupe.workbench.nn.ModelConfig;
import java.util.Comparator;

/**
 * An input of a part of the model: where it reads the residual stream. Each has a norm of its own
 * reading, so that one head's query can see a stream that its key does not see.
 *
 * @param kind what reads
 * @param layer from 0; the number of layers for the logits
 * @param head the query head, or the key/value head; 0 for MLP and logits
 */
public record Input(Kind kind, int layer, int head) implements Comparable<Input> {

  /** What reads. */
  public enum Kind {
    /** A head's queries. */
    QUERY("q"),
    /** A key/value head's keys. */
    KEY("k"),
    /** A key/value head's values. */
    VALUE("v"),
    /** An MLP. */
    MLP("mlp"),
    /** What stands behind the last layer: final norm and unembedding. */
    LOGITS("logits");

    private final String label;

    Kind(String label) {
      this.label = label;
    }
  }

  /** Returns the place of the stream that it reads; see {@link Node#writesBefore}. */
  public int place(ModelConfig config) {
    return switch (kind) {
      case QUERY, KEY, VALUE -> 2 * layer;
      case MLP -> config.block().parallel() ? 2 * layer : 2 * layer + 1;
      case LOGITS -> 2 * config.layers();
    };
  }

  /** Tells whether a part's output is in the stream that this reads. */
  public boolean reads(Node node, ModelConfig config) {
    return node.writesBefore(config) <= place(config);
  }

  /** Throws {@code IllegalArgumentException} if the model has no such input. */
  public void check(ModelConfig config) {
    if (kind == Kind.LOGITS) {
      return;
    }
    if (kind == Kind.MLP && !config.hasMlps()) {
      throw new IllegalArgumentException(
          this + " does not exist: the layers of this model are attention alone");
    }
    boolean shared = kind == Kind.KEY || kind == Kind.VALUE;
    int heads = kind == Kind.MLP ? 1 : shared ? config.kvHeads() : config.heads();
    if (layer < 0 || layer >= config.layers() || head < 0 || head >= heads) {
      String hint =
          shared && config.kvHeads() < config.heads() && head < config.heads()
              ? " (%d heads share %d key/value heads: head %d reads number %d)"
                  .formatted(
                      config.heads(),
                      config.kvHeads(),
                      head,
                      head / (config.heads() / config.kvHeads()))
              : "";
      throw new IllegalArgumentException(
          "%s does not exist: the model has layers 0 to %d%s%s"
              .formatted(
                  this,
                  config.layers() - 1,
                  kind == Kind.MLP
                      ? ""
                      : " with %s 0 to %d"
                          .formatted(shared ? "key/value heads" : "heads", heads - 1),
                  hint));
    }
  }

  @Override
  public int compareTo(Input other) {
    return Comparator.comparingInt(Input::layer)
        .thenComparing(Input::kind)
        .thenComparingInt(Input::head)
        .compare(this, other);
  }

  /** Returns e.g. {@code L3H1.q}, {@code L3 mlp}, {@code logits}. */
  @Override
  public String toString() {
    return switch (kind) {
      case QUERY, KEY, VALUE -> "L" + layer + "H" + head + "." + kind.label;
      case MLP -> "L" + layer + " mlp";
      case LOGITS -> "logits";
    };
  }
}
