package io.loupe.circuits.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The streams that inputs read in a circuit's run. By how much a node's stand-in differs from what
 * it writes is kept as the heads' mixed values and the MLPs' outputs, twice as wide a layer as the
 * stream; what single heads add to the stream is made layer by layer, when it is read, and freed.
 */
final class StreamReader {
  /** Streams of inputs that are held together. */
  private static final long BYTES = 64L << 20;

  private final PreparedBatch prepared;
  private final ModelGraph graph;
  private final ModelConfig config;
  private final List<Circuit> copies;
  private final int fixed; // the first so many nodes write in every copy what they do in the base
  private final NDManager manager;
  private final Map<Integer, NDArray> heads =
      new TreeMap<>(); // [copies * batch, pos, head, d_head]
  private final Map<Integer, NDArray> mlps = new TreeMap<>(); // [copies * batch, pos, d_model]

  /** An input of a copy that has an edge cut. */
  record Row(int copy, int input) {}

  StreamReader(PreparedBatch prepared, List<Circuit> copies, int start, NDManager manager) {
    this.prepared = prepared;
    this.graph = prepared.graph();
    this.config = graph.config();
    this.copies = copies;
    this.manager = manager;
    int known = 0;
    for (Node node : graph.nodes()) {
      known += node.writesBefore(config) <= start ? 1 : 0;
    }
    this.fixed = known;
  }

  /** Takes what a layer's heads mix in this pass, divided where a norm stands behind. */
  void heads(int layer, NDArray values) {
    heads.put(layer, difference(prepared.replaced().heads().get(layer), values));
  }

  /** Takes what a layer's MLP writes in this pass. */
  void mlp(int layer, NDArray values) {
    mlps.put(layer, difference(prepared.replaced().mlps().get(layer), values));
  }

  /** Returns by how much the stand-in, [batch, ...], differs from each copy's own. */
  private NDArray difference(NDArray replaced, NDArray own) {
    try (NDManager scope = manager.newSubManager()) {
      Shape shape = own.getShape();
      NDArray other = Parts.last(replaced, shape.get(1), scope);
      NDArray stacked = own.reshape(copies.size(), own.size() / copies.size());
      stacked.attach(scope);
      NDArray difference = other.reshape(1, other.size()).sub(stacked).reshape(shape);
      difference.attach(manager);
      return difference;
    }
  }

  /**
   * Returns which of some inputs one after the other have an edge cut, copy by copy. Those of parts
   * whose output no edge carries on are left out: what they read is of no effect.
   */
  List<Row> rows(int firstInput, int inputs) {
    List<Row> rows = new ArrayList<>();
    for (int copy = 0; copy < copies.size(); copy++) {
      for (int input = firstInput; input < firstInput + inputs; input++) {
        if (copies.get(copy).cuts(graph.firstEdge(input), graph.sources(input))
            && matters(copy, input)) {
          rows.add(new Row(copy, input));
        }
      }
    }
    return rows;
  }

  private boolean matters(int copy, int input) {
    List<Integer> fed = graph.feeds(input);
    boolean isHead =
        fed.stream().anyMatch(node -> graph.nodes().get(node) instanceof Node.Attention);
    if (isHead && prepared.parts().divided()) {
      return true; // the norm divides all heads by what they write together
    }
    return fed.isEmpty() || fed.stream().anyMatch(copies.get(copy)::leavesNode);
  }

  /** Returns how many streams of so many columns are held together. */
  int together(long columns) {
    long each = bytesOfStream(columns);
    return (int) Math.max(1, BYTES / each);
  }

  private long bytesOfStream(long columns) {
    long width = prepared.clean().embedding().getDataType().getNumOfBytes();
    return prepared.prompts() * columns * config.dModel() * width;
  }

  /**
   * Returns what inputs read, which all stand at one place. An input with few edges cut reads the
   * stream of its copy with these changed; one with few edges kept the stream of the stand-ins.
   *
   * @param rows copy by copy
   * @param stream of this pass, [copies * batch, pos, d_model]
   * @param columns the last so many are read
   * @return [row, batch, columns, d_model] in the scope
   */
  NDArray read(List<Row> rows, NDArray stream, long columns, NDManager scope) {
    int sources = graph.sources(rows.get(0).input());
    boolean[] cut = new boolean[sources]; // by a row
    boolean[] kept = new boolean[sources];
    for (Row row : rows) {
      int first = graph.firstEdge(row.input());
      for (int node = 0; node < sources; node++) {
        if (copies.get(row.copy()).contains(first + node)) {
          kept[node] = true;
        } else {
          cut[node] = true;
        }
      }
    }
    boolean fromStandIns = count(kept) < count(cut);
    NDArray sum = start(rows, stream, columns, fromStandIns, scope);
    boolean[] used = fromStandIns ? kept : cut;
    int node = 0;
    while (node < sources) {
      int end = groupEnd(node, sources);
      List<Integer> some = new ArrayList<>();
      for (int i = node; i < end; i++) {
        if (used[i]) {
          some.add(i);
        }
      }
      if (!some.isEmpty()) {
        add(sum, rows, some, columns, fromStandIns, scope);
      }
      node = end;
    }
    return sum.reshape(rows.size(), prepared.prompts(), columns, config.dModel());
  }

  /** Returns the node behind those whose outputs are made together: one MLP, or a layer's heads. */
  private int groupEnd(int node, int sources) {
    if (!(graph.nodes().get(node) instanceof Node.Attention)) {
      return node + 1;
    }
    return Math.min(sources, node + config.heads());
  }

  private static int count(boolean[] flags) {
    int count = 0;
    for (boolean flag : flags) {
      count += flag ? 1 : 0;
    }
    return count;
  }

  /** Returns the streams that differences are added to, [row, batch * columns * d_model]. */
  private NDArray start(
      List<Row> rows, NDArray stream, long columns, boolean fromStandIns, NDManager scope) {
    long width = prepared.prompts() * columns * config.dModel();
    int place = graph.inputs().get(rows.get(0).input()).place(config);
    if (fromStandIns) {
      NDArray replaced = Parts.last(prepared.replacedStream(place), columns, scope);
      NDArray sum = Tensors.copies(replaced.reshape(1, width), rows.size());
      return rows.size() == 1 ? own(sum.duplicate(), scope) : own(sum, scope);
    }
    NDArray each = Parts.last(stream, columns, scope).reshape(copies.size(), width); // [copy, ...]
    each.attach(scope);
    long[] copyOf = rows.stream().mapToLong(Row::copy).toArray();
    return own(each.get(scope.create(copyOf)), scope);
  }

  private void add(
      NDArray sum,
      List<Row> rows,
      List<Integer> nodes,
      long columns,
      boolean fromStandIns,
      NDManager scope) {
    try (NDManager inner = scope.newSubManager()) {
      if (nodes.get(0) < fixed) {
        NDArray differences = fixedDifferences(nodes, columns, inner); // [node, ...]
        NDArray signs = signs(rows, nodes, fromStandIns, inner);
        sum.addi(own(signs.matMul(differences), inner));
        return;
      }
      NDArray differences = differences(nodes, columns, inner); // [node, copy, ...]
      int from = 0;
      while (from < rows.size()) {
        int copy = rows.get(from).copy();
        int to = from;
        while (to < rows.size() && rows.get(to).copy() == copy) {
          to++;
        }
        NDArray signs = signs(rows.subList(from, to), nodes, fromStandIns, inner);
        NDArray ofCopy = own(differences.get(new NDIndex().addAllDim().addIndices(copy)), inner);
        NDArray part = own(sum.get(new NDIndex().addSliceDim(from, to)), inner);
        part.addi(own(signs.matMul(ofCopy), inner));
        from = to;
      }
    }
  }

  /** Returns 1 for a cut edge, or -1 for a kept one where the stand-ins are the start. */
  private NDArray signs(
      List<Row> rows, List<Integer> nodes, boolean fromStandIns, NDManager inner) {
    float[] signs = new float[rows.size() * nodes.size()];
    for (int row = 0; row < rows.size(); row++) {
      int first = graph.firstEdge(rows.get(row).input());
      for (int i = 0; i < nodes.size(); i++) {
        boolean kept = copies.get(rows.get(row).copy()).contains(first + nodes.get(i));
        signs[row * nodes.size() + i] = kept == fromStandIns ? (fromStandIns ? -1 : 1) : 0;
      }
    }
    NDArray made = inner.create(signs, new Shape(rows.size(), nodes.size()));
    return own(Tensors.as(prepared.clean().embedding().getDataType(), made), inner);
  }

  /** Returns stand-in minus base run of nodes that all copies leave alone, [node, ...]. */
  private NDArray fixedDifferences(List<Integer> nodes, long columns, NDManager inner) {
    long width = prepared.prompts() * columns * config.dModel();
    NodeOutputs to = prepared.replaced();
    NodeOutputs from = prepared.clean();
    Node first = graph.nodes().get(nodes.get(0));
    if (first instanceof Node.Attention attention) {
      int layer = attention.head().layer();
      NDArray change = minus(to.heads().get(layer), from.heads().get(layer), columns, inner);
      return own(
          prepared
              .parts()
              .written(layer, indices(nodes), change, inner)
              .reshape(nodes.size(), width),
          inner);
    }
    NDArray change =
        first instanceof Node.Mlp mlp
            ? minus(to.mlps().get(mlp.layer()), from.mlps().get(mlp.layer()), columns, inner)
            : minus(to.embedding(), from.embedding(), columns, inner);
    return own(change.reshape(1, width), inner);
  }

  /** Returns stand-in minus each copy's own, [node, copy, ...]. */
  private NDArray differences(List<Integer> nodes, long columns, NDManager inner) {
    long width = prepared.prompts() * columns * config.dModel();
    Node first = graph.nodes().get(nodes.get(0));
    if (first instanceof Node.Attention attention) {
      int layer = attention.head().layer();
      NDArray change = Parts.last(taken(heads, layer), columns, inner);
      return own(
          prepared
              .parts()
              .written(layer, indices(nodes), change, inner)
              .reshape(nodes.size(), copies.size(), width),
          inner);
    }
    NDArray change = Parts.last(taken(mlps, ((Node.Mlp) first).layer()), columns, inner);
    return own(change.reshape(1, copies.size(), width), inner);
  }

  private static NDArray taken(Map<Integer, NDArray> of, int layer) {
    NDArray taken = of.get(layer);
    if (taken == null) {
      throw new IllegalStateException("layer " + layer + " wrote nothing in this pass");
    }
    return taken;
  }

  private int[] indices(List<Integer> nodes) {
    return nodes.stream()
        .mapToInt(node -> ((Node.Attention) graph.nodes().get(node)).head().index())
        .toArray();
  }

  private static NDArray minus(NDArray a, NDArray b, long columns, NDManager inner) {
    return own(Parts.last(a, columns, inner).sub(Parts.last(b, columns, inner)), inner);
  }

  private static NDArray own(NDArray array, NDManager scope) {
    array.attach(scope);
    return array;
  }
}
