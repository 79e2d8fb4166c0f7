package io.loupe.circuits.graph;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.laboratory.KnownEdge;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.plot.Diagram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/** A set of edges of one model's graph. A value: what changes it returns another. */
public final class Circuit implements Displayable {
  private final ModelGraph graph;
  private final BitSet edges;

  Circuit(ModelGraph graph, BitSet edges) {
    this.graph = graph;
    this.edges = edges;
  }

  /**
   * Returns the circuit of these edges.
   *
   * @throws IllegalArgumentException if one of them cannot exist in the model
   */
  public static Circuit of(ModelGraph graph, Collection<Edge> edges) {
    BitSet numbers = new BitSet(graph.size());
    edges.forEach(edge -> numbers.set(graph.number(edge)));
    return new Circuit(graph, numbers);
  }

  /** Returns the circuit of edges that are known by construction, of a compiled model. */
  public static Circuit known(ModelGraph graph, Collection<KnownEdge> edges) {
    return of(graph, edges.stream().map(edge -> new Edge(edge.source(), edge.target())).toList());
  }

  /** Returns the circuit of the edges with these numbers, 0 to {@link ModelGraph#size} - 1. */
  public static Circuit ofNumbers(ModelGraph graph, int... edges) {
    BitSet numbers = new BitSet(graph.size());
    for (int edge : edges) {
      if (edge < 0 || edge >= graph.size()) {
        throw new IllegalArgumentException(
            "The graph has edges 0 to %d; got %d".formatted(graph.size() - 1, edge));
      }
      numbers.set(edge);
    }
    return new Circuit(graph, numbers);
  }

  /**
   * Returns the circuit of whole nodes: every edge that leads out of one of them, to whatever reads
   * it. Cutting the other edges replaces the outputs of the other nodes.
   */
  public static Circuit ofNodes(ModelGraph graph, Collection<Node> nodes) {
    BitSet numbers = new BitSet(graph.size());
    for (Node node : nodes) {
      int number = graph.number(node);
      for (int input = 0; input < graph.inputs().size(); input++) {
        if (number < graph.sources(input)) {
          numbers.set(graph.edge(number, input));
        }
      }
    }
    return new Circuit(graph, numbers);
  }

  /** Returns the circuit of whole nodes of which this has an edge; see {@link #ofNodes}. */
  public Circuit wholeNodes() {
    return ofNodes(graph, nodes());
  }

  public ModelGraph graph() {
    return graph;
  }

  /** Returns the number of edges. */
  public int size() {
    return edges.cardinality();
  }

  /** Returns the share of the model's edges that are in the circuit, 0 to 1. */
  public double share() {
    return (double) size() / graph.size();
  }

  /** Returns the share of the model's edges that are not in the circuit, 0 to 1. */
  public double sparsity() {
    return 1 - share();
  }

  /** Tells whether an edge is in the circuit. */
  public boolean contains(Edge edge) {
    return edges.get(graph.number(edge));
  }

  /** Tells whether the edge of a number is in the circuit. */
  public boolean contains(int edge) {
    return edges.get(edge);
  }

  /** Tells whether an edge leads out of the node of a number. */
  public boolean leavesNode(int node) {
    for (int input = graph.inputs().size() - 1;
        input >= 0 && graph.sources(input) > node;
        input--) {
      if (edges.get(graph.edge(node, input))) {
        return true;
      }
    }
    return false;
  }

  /** Returns the number of the first edge that is not in the circuit; -1 if all are. */
  public int firstMissing() {
    int missing = edges.nextClearBit(0);
    return missing < graph.size() ? missing : -1;
  }

  /** Tells whether one of so many edges, from a number on, is not in the circuit. */
  public boolean cuts(int from, int count) {
    return edges.nextClearBit(from) < from + count;
  }

  /** Returns the edges, in the order of the forward pass. */
  public List<Edge> edges() {
    return edges.stream().mapToObj(graph::edge).toList();
  }

  /** Returns the numbers of the edges, ascending. */
  public int[] numbers() {
    return edges.stream().toArray();
  }

  /** Returns the nodes that an edge leads out of. */
  public SortedSet<Node> nodes() {
    return edges.stream()
        .mapToObj(edge -> graph.nodes().get(graph.nodeOf(edge)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  // sets

  /** Returns the edges of either; refuses a circuit of another model. */
  public Circuit union(Circuit other) {
    return with(other, BitSet::or);
  }

  /** Returns the edges of both; refuses a circuit of another model. */
  public Circuit intersection(Circuit other) {
    return with(other, BitSet::and);
  }

  /** Returns the edges of this that are not in the other; refuses a circuit of another model. */
  public Circuit minus(Circuit other) {
    return with(other, BitSet::andNot);
  }

  /** Returns all edges that are not in the circuit. */
  public Circuit complement() {
    return graph.full().minus(this);
  }

  /** Returns the circuit with one edge more. */
  public Circuit plus(Edge edge) {
    BitSet more = (BitSet) edges.clone();
    more.set(graph.number(edge));
    return new Circuit(graph, more);
  }

  /** Returns the circuit without these edges, by their numbers. */
  public Circuit without(int... numbers) {
    BitSet fewer = (BitSet) edges.clone();
    Arrays.stream(numbers).forEach(fewer::clear);
    return new Circuit(graph, fewer);
  }

  private Circuit with(Circuit other, BiConsumer<BitSet, BitSet> operation) {
    graph.check(other);
    BitSet result = (BitSet) edges.clone();
    operation.accept(result, other.edges);
    return new Circuit(graph, result);
  }

  /** Returns the size of the intersection over that of the union; 1 for two empty circuits. */
  public double jaccard(Circuit other) {
    int union = union(other).size();
    return union == 0 ? 1 : (double) intersection(other).size() / union;
  }

  /**
   * Returns the circuit without edges that carry nothing: those that no path from the embeddings
   * leads to, and those from which no path leads to the logits. A head goes on from its queries,
   * keys and values alike.
   */
  public Circuit pruned() {
    BitSet reached = new BitSet(); // nodes that the embeddings reach
    reached.set(0);
    for (int edge = edges.nextSetBit(0); edge >= 0; edge = edges.nextSetBit(edge + 1)) {
      if (reached.get(graph.nodeOf(edge))) { // edges are in order, so all before are known
        graph.feeds(graph.inputOf(edge)).forEach(reached::set);
      }
    }
    BitSet useful = new BitSet(); // nodes that reach the logits
    BitSet kept = new BitSet(graph.size());
    for (int edge = edges.previousSetBit(graph.size());
        edge >= 0;
        edge = edge == 0 ? -1 : edges.previousSetBit(edge - 1)) {
      int input = graph.inputOf(edge);
      boolean leadsOn =
          input == graph.inputs().size() - 1 || graph.feeds(input).stream().anyMatch(useful::get);
      if (leadsOn) {
        useful.set(graph.nodeOf(edge));
        kept.set(edge);
      }
    }
    for (int edge = kept.nextSetBit(0); edge >= 0; edge = kept.nextSetBit(edge + 1)) {
      if (!reached.get(graph.nodeOf(edge))) {
        kept.clear(edge);
      }
    }
    return new Circuit(graph, kept);
  }

  // files

  /**
   * Writes the circuit as JSON: the model's name and the hash of its weights, and the edges by
   * name.
   */
  public void save(Path file) throws IOException {
    CircuitFile.write(this, file);
  }

  /**
   * Reads a circuit of this graph's model.
   *
   * @throws IllegalArgumentException if the file holds a circuit of another model
   * @throws CircuitFileException if the file is no circuit, or names an edge that cannot exist
   */
  public static Circuit load(Path file, ModelGraph graph) throws IOException {
    return CircuitFile.read(file, graph);
  }

  // showing

  /** Returns the edges, one a row. */
  public Table table() {
    Table table = Table.of("from", "to");
    for (Edge edge : edges()) {
      table = table.row(edge.from().toString(), edge.to().toString());
    }
    return table;
  }

  /** Draws the circuit, from the embeddings at the bottom to the logits at the top. */
  public Diagram plot() {
    return CircuitDrawing.of(this, edge -> Double.NaN);
  }

  /** Shows the drawing; of a circuit of more than 400 edges the numbers alone. */
  @Override
  public MimeBundle display() {
    MimeBundle text = MimeBundle.text(toString());
    return size() == 0 || size() > 400 ? text : plot().display().and(text);
  }

  /** Equal are circuits with the same edges of the same weights. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Circuit circuit
        && edges.equals(circuit.edges)
        && graph.isSame(circuit.graph);
  }

  @Override
  public int hashCode() {
    return edges.hashCode();
  }

  @Override
  public String toString() {
    return "Circuit[%s: %d of %d edges (%.2f %%), %d of %d nodes]"
        .formatted(
            graph.model().name(),
            size(),
            graph.size(),
            100 * share(),
            nodes().size(),
            graph.nodes().size());
  }
}
