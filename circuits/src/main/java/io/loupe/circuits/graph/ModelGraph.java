package io.loupe.circuits.graph;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.BlockSpec.Norms;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.path.Receiver;
import io.loupe.workbench.path.Sender;
import io.loupe.workbench.site.Head;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A model as a directed graph without cycles. Its nodes write to the residual stream: the
 * embeddings (tokens and positions together), every head, every MLP. Its inputs read from it: each
 * head's queries, each key/value head's keys and values, each MLP, the logits. An edge leads from a
 * node to each input that stands behind it, so that a part reads the sum of its edges (Elhage et
 * al. 2021; Conmy et al. 2023). Heads that share keys and values (Ainslie et al. 2023) share these
 * inputs too; nothing is un-grouped.
 *
 * <p>Biases of the attention's output and of norms are no edges: they are the same in every run. A
 * norm behind the attention (Gemma 2, OLMo 2) divides what all heads write by one number; a head's
 * share is what it writes divided by that number of its own run, so that shares still add up.
 *
 * <p>Nodes, inputs and edges are numbered in the order of the forward pass; the edges of an input
 * stand together, in the order of their nodes.
 */
public final class ModelGraph implements Displayable {
  private final HookedTransformer model;
  private final List<Node> nodes;
  private final List<Input> inputs;
  private final Map<Node, Integer> nodeNumbers = new HashMap<>();
  private final Map<Input, Integer> inputNumbers = new HashMap<>();
  private final int[] sources; // of each input: how many nodes it reads, the first ones
  private final int[] first; // of each input: the number of its first edge

  private ModelGraph(HookedTransformer model) {
    ModelConfig config = model.config();
    this.model = model;
    this.nodes = Sender.each(config).stream().map(sender -> sender.nodes().first()).toList();
    this.inputs =
        Receiver.each(config).stream().map(receiver -> receiver.inputs().first()).toList();
    this.sources = new int[inputs.size()];
    this.first = new int[inputs.size() + 1];
    for (int node = 0; node < nodes.size(); node++) {
      nodeNumbers.put(nodes.get(node), node);
    }
    for (int input = 0; input < inputs.size(); input++) {
      inputNumbers.put(inputs.get(input), input);
      int read = 0;
      while (read < nodes.size() && inputs.get(input).reads(nodes.get(read), config)) {
        read++;
      }
      sources[input] = read;
      first[input + 1] = first[input] + read;
    }
  }

  /**
   * Returns the graph of a model.
   *
   * @throws IllegalArgumentException if its stream is itself normalised (BERT, OPT-350m), so that
   *     it is no sum of what nodes write; if it has interventions, which a circuit's run would
   *     bypass; or if a norm stands behind attentions with an output bias
   */
  public static ModelGraph of(HookedTransformer model) {
    Norms norms = model.config().block().norms();
    if (!norms.streamIsSum()) {
      throw new IllegalArgumentException(
          "This %s model normalises the residual stream itself (norms %s), so that the stream is no sum of what its parts write and edges do not add up. PathPatching.noising(...) follows single paths through such a model"
              .formatted(model.config().family(), norms));
    }
    if (!model.interventions().isEmpty()) {
      throw new IllegalArgumentException(
          "A circuit's run takes steps between hook points by themselves, where interventions do not act: give a model without; this one has "
              + model.interventions());
    }
    if (norms.hasBehind() && model.weights().names().stream().anyMatch(n -> n.endsWith("b_O"))) {
      throw new IllegalArgumentException(
          "A norm behind an attention with an output bias mixes that bias with what heads write; no edge of this %s model is defined"
              .formatted(model.config().family()));
    }
    return new ModelGraph(model);
  }

  /** Returns the model. */
  public HookedTransformer model() {
    return model;
  }

  public ModelConfig config() {
    return model.config();
  }

  /** Returns what writes, in the order of the forward pass. */
  public List<Node> nodes() {
    return nodes;
  }

  /** Returns what reads, in the order of the forward pass; the logits are the last. */
  public List<Input> inputs() {
    return inputs;
  }

  /** Returns the number of edges. */
  public int size() {
    return first[inputs.size()];
  }

  /** Returns how many nodes an input reads; they are the first ones. */
  public int sources(int input) {
    return sources[input];
  }

  /** Returns the number of the edge from a node to an input, which must be there. */
  public int edge(int node, int input) {
    return first[input] + node;
  }

  /** Returns the number of an input's first edge. */
  public int firstEdge(int input) {
    return first[input];
  }

  /** Returns the input of an edge's number. */
  public int inputOf(int edge) {
    int low = 0;
    int high = inputs.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (first[middle] <= edge) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Returns the node of an edge's number. */
  public int nodeOf(int edge) {
    return edge - first[inputOf(edge)];
  }

  /**
   * Returns an edge by its name, such as {@code L3H1 -> L4H4.k}, {@code embedding -> L0 mlp} or
   * {@code L4H4 -> logits}.
   *
   * @throws IllegalArgumentException if it is no such name, or there is no such edge
   */
  public Edge edge(String name) {
    String[] ends = name.split("->", -1);
    if (ends.length != 2) {
      throw new IllegalArgumentException(
          "Expected an edge such as 'L3H1 -> L4H4.k' or 'embedding -> logits'; got '%s'"
              .formatted(name));
    }
    Node from = EdgeNames.node(ends[0].strip());
    Edge edge = new Edge(from, EdgeNames.input(ends[1].strip(), config().layers()));
    return edge(number(edge));
  }

  /** Returns an edge by its number, 0 to {@link #size} - 1. */
  public Edge edge(int number) {
    int input = inputOf(number);
    return new Edge(nodes.get(number - first[input]), inputs.get(input));
  }

  /**
   * Returns the number of an edge.
   *
   * @throws IllegalArgumentException if the model has no such part, or the input stands before the
   *     node
   */
  public int number(Edge edge) {
    Integer node = nodeNumbers.get(edge.from());
    Integer input = inputNumbers.get(edge.to());
    if (node == null || input == null) {
      edge.from().check(config());
      edge.to().check(config());
      throw new IllegalArgumentException(
          "%s does not exist: the logits of this model are number %d"
              .formatted(edge, config().layers()));
    }
    if (node >= sources[input]) {
      throw new IllegalArgumentException(
          "%s does not exist: %s reads the stream before %s writes to it. A head reads what earlier layers write, an MLP also its own layer's heads%s, the logits everything"
              .formatted(
                  edge,
                  edge.to(),
                  edge.from(),
                  config().block().parallel() ? " (not in this parallel block)" : ""));
    }
    return first[input] + node;
  }

  /** Returns the number of a node; throws {@code IllegalArgumentException} if there is none. */
  public int number(Node node) {
    Integer number = nodeNumbers.get(node);
    if (number == null) {
      node.check(config());
      throw new IllegalArgumentException(node + " does not exist in " + this);
    }
    return number;
  }

  /** Returns the number of an input; throws {@code IllegalArgumentException} if there is none. */
  public int number(Input input) {
    Integer number = inputNumbers.get(input);
    if (number == null) {
      input.check(config());
      throw new IllegalArgumentException(input + " does not exist in " + this);
    }
    return number;
  }

  /** Returns the numbers of the nodes whose output depends on an input; none for the logits. */
  public List<Integer> feeds(int input) {
    Input at = inputs.get(input);
    return switch (at.kind()) {
      case MLP -> List.of(number(new Node.Mlp(at.layer())));
      case LOGITS -> List.of();
      case QUERY -> List.of(number(head(at.layer(), at.head())));
      case KEY, VALUE -> {
        int group = config().heads() / config().kvHeads();
        yield IntStream.range(at.head() * group, (at.head() + 1) * group)
            .mapToObj(head -> number(head(at.layer(), head)))
            .toList();
      }
    };
  }

  private static Node head(int layer, int head) {
    return new Node.Attention(new Head(layer, head));
  }

  /** Returns the circuit of all edges. */
  public Circuit full() {
    BitSet all = new BitSet(size());
    all.set(0, size());
    return new Circuit(this, all);
  }

  /** Returns the circuit of no edges. */
  public Circuit empty() {
    return new Circuit(this, new BitSet(size()));
  }

  /** Tells whether another graph is that of the same weights. */
  public boolean isSame(ModelGraph other) {
    return model.weights() == other.model.weights()
        || nodes.equals(other.nodes)
            && inputs.equals(other.inputs)
            && model.weightsSha256().equals(other.model.weightsSha256());
  }

  /** Throws {@code IllegalArgumentException} naming both models if a circuit is of another one. */
  public void check(Circuit circuit) {
    if (!isSame(circuit.graph())) {
      throw new IllegalArgumentException(
          "The circuit is of another model, %s (weights %.12s...); this is %s (weights %.12s...). Find it anew on this model, or load that one"
              .formatted(
                  circuit.graph().model().name(),
                  circuit.graph().model().weightsSha256(),
                  model.name(),
                  model.weightsSha256()));
    }
  }

  /** Shows how many nodes, inputs and edges there are. */
  @Override
  public MimeBundle display() {
    return Table.of("of the graph", "")
        .row("model", model.name())
        .row("nodes (embedding, heads, MLPs)", nodes.size())
        .row("inputs (q, k, v, MLPs, logits)", inputs.size())
        .row("edges", size())
        .display();
  }

  @Override
  public String toString() {
    return "ModelGraph[%s: %d nodes, %d inputs, %d edges]"
        .formatted(model.name(), nodes.size(), inputs.size(), size());
  }
}
