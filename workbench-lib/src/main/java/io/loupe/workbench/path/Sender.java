package io.loupe.workbench.path;

import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Where a path starts: parts of the model whose outputs are taken from the other run, one part or
 * several together.
 *
 * @param name how tables and figures call it
 * @param nodes the parts; at least one
 */
public record Sender(String name, SortedSet<Node> nodes) {
  public Sender {
    if (nodes.isEmpty()) {
      throw new IllegalArgumentException(
          "A sender is at least one part of the model: Sender.head(head(3, 1)), Sender.mlp(2), Sender.embedding()");
    }
    nodes = Collections.unmodifiableSortedSet(new TreeSet<>(nodes));
  }

  private Sender(Node node) {
    this(node.toString(), new TreeSet<>(List.of(node)));
  }

  /** One head. */
  public static Sender head(Head head) {
    return new Sender(new Node.Attention(head));
  }

  /** Heads together. */
  public static Sender heads(HeadSet heads) {
    return new Sender(heads.toString(), nodes(heads.toList().stream().map(Sender::head).toList()));
  }

  /** One MLP. */
  public static Sender mlp(int layer) {
    return new Sender(new Node.Mlp(layer));
  }

  /** The embeddings: the stream that the first layer reads. */
  public static Sender embedding() {
    return new Sender(new Node.Embedding());
  }

  /** Several senders as one. */
  public static Sender together(Sender... senders) {
    return new Sender(
        String.join(" + ", Arrays.stream(senders).map(Sender::name).toList()),
        nodes(List.of(senders)));
  }

  /** Returns every head by itself. */
  public static List<Sender> eachHead(ModelConfig config) {
    return config.allHeads().toList().stream().map(Sender::head).toList();
  }

  /**
   * Returns the embeddings, every head and every MLP, each by itself, as the pass comes to them.
   */
  public static List<Sender> each(ModelConfig config) {
    List<Sender> all = new ArrayList<>(List.of(embedding()));
    for (int layer = 0; layer < config.layers(); layer++) {
      config.allHeads().inLayer(layer).forEach(head -> all.add(head(head)));
      if (config.hasMlps()) {
        all.add(mlp(layer));
      }
    }
    return all;
  }

  /** Returns this sender under a name of your own. */
  public Sender named(String name) {
    return new Sender(name, nodes);
  }

  private static SortedSet<Node> nodes(Collection<Sender> senders) {
    SortedSet<Node> nodes = new TreeSet<>();
    senders.forEach(sender -> nodes.addAll(sender.nodes()));
    return nodes;
  }

  @Override
  public String toString() {
    return name;
  }
}
