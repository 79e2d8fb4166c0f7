package io.loupe.circuits.score;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.NodeOutputs;
import io.loupe.circuits.run.Parts;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.InputGradients;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Products of what each node's output changes by with the gradient at each input that reads it,
 * summed over positions, for every prompt: the linear estimate of every edge. What single heads
 * write and the gradients at single heads are made for some prompts and columns at a time, so that
 * memory does not grow with the batch.
 */
final class EdgeProducts {
  /** What single heads write that is held together. */
  private static final long BYTES = 32L << 20;

  private final ModelGraph graph;
  private final ModelConfig config;
  private final Parts parts;
  private final NodeOutputs change;
  private final NDManager manager;
  private final int firstNode;
  private final int lastNode;

  /**
   * Prepares products.
   *
   * @param change stand-ins minus clean outputs of all nodes
   * @param firstNode the first node whose edges are scored
   * @param lastNode the node behind the last
   */
  EdgeProducts(
      ModelGraph graph,
      Parts parts,
      NodeOutputs change,
      int firstNode,
      int lastNode,
      NDManager manager) {
    this.graph = graph;
    this.config = graph.config();
    this.parts = parts;
    this.change = change;
    this.firstNode = firstNode;
    this.lastNode = lastNode;
    this.manager = manager;
  }

  /**
   * Adds the products.
   *
   * @param gradients of a run that kept the streams that inputs read
   * @param column the first column in which any output changes
   * @param weight of these gradients
   * @param scores [edge][row], from a row on
   */
  void add(InputGradients gradients, int column, double weight, float[][] scores, int firstRow) {
    int rows = (int) change.embedding().getShape().get(0);
    int length = (int) change.embedding().getShape().get(1);
    long width = change.embedding().getDataType().getNumOfBytes();
    long perToken = (long) (lastNode - firstNode + config.heads()) * config.dModel() * width;
    int columns = (int) Math.max(1, Math.min(length - column, BYTES / perToken));
    int together = (int) Math.max(1, Math.min(rows, BYTES / (perToken * columns)));
    for (int row = 0; row < rows; row += together) {
      int toRow = Math.min(rows, row + together);
      for (int from = column; from < length; from += columns) {
        int to = Math.min(length, from + columns);
        NDIndex part = new NDIndex().addSliceDim(row, toRow).addSliceDim(from, to);
        try (NDManager scope = manager.newSubManager()) {
          NDArray changes = changes(part, toRow - row, to - from, scope);
          add(gradients, part, changes, weight, scores, firstRow + row);
        }
      }
    }
  }

  /** Returns by how much each node's output changes, [node, row, columns * d_model]. */
  private NDArray changes(NDIndex part, int rows, int columns, NDManager scope) {
    NDList all = new NDList();
    long width = (long) columns * config.dModel();
    int node = firstNode;
    while (node < lastNode) {
      Node at = graph.nodes().get(node);
      if (at instanceof Node.Attention attention) {
        int layer = attention.head().layer();
        int first = attention.head().index();
        int heads = Math.min(config.heads() - first, lastNode - node);
        NDArray values = part(change.heads().get(layer), part, scope);
        int[] some = IntStream.range(first, first + heads).toArray();
        all.add(parts.written(layer, some, values, scope).reshape(heads, rows, width));
        node += heads;
      } else {
        NDArray own =
            at instanceof Node.Mlp mlp ? change.mlps().get(mlp.layer()) : change.embedding();
        all.add(part(own, part, scope).reshape(1, rows, width));
        node++;
      }
    }
    all.attach(scope);
    NDArray joined =
        all.size() == 1 ? all.get(0) : all.get(0).getNDArrayInternal().concat(all.subNDList(1), 0);
    joined.attach(scope);
    return joined;
  }

  private static NDArray part(NDArray array, NDIndex part, NDManager scope) {
    NDArray some = Parts.handle(array, scope).get(part);
    some.attach(scope);
    return some;
  }

  private void add(
      InputGradients gradients,
      NDIndex part,
      NDArray changes,
      double weight,
      float[][] scores,
      int firstRow) {
    List<Integer> group = new ArrayList<>();
    for (int input = 0; input < graph.inputs().size(); input++) {
      Input at = graph.inputs().get(input);
      group.add(input);
      boolean last =
          input + 1 == graph.inputs().size()
              || graph.inputs().get(input + 1).kind() != at.kind()
              || graph.inputs().get(input + 1).layer() != at.layer();
      if (last) {
        if (graph.sources(input) > firstNode) {
          products(gradients, group, part, changes, weight, scores, firstRow);
        }
        group.clear();
      }
    }
  }

  /** Adds the products at inputs of one kind and layer. */
  private void products(
      InputGradients gradients,
      List<Integer> inputs,
      NDIndex part,
      NDArray changes,
      double weight,
      float[][] scores,
      int firstRow) {
    Input first = graph.inputs().get(inputs.get(0));
    int sources = Math.min(graph.sources(inputs.get(0)), lastNode) - firstNode;
    int rows = (int) changes.getShape().get(1);
    try (NDManager scope = manager.newSubManager()) {
      NDArray stream = gradients.run().cache().get(Parts.stream(config, first.place(config)));
      NDArray at = // [input, row, columns, d_model]
          switch (first.kind()) {
            case QUERY, KEY, VALUE ->
                gradients.heads(first.kind(), first.layer(), stream, part, scope);
            case MLP, LOGITS -> gradients.at(first, stream, part, scope).expandDims(0);
          };
      at = at.reshape(inputs.size(), rows, changes.getShape().get(2));
      at.attach(scope);
      for (int row = 0; row < rows; row++) {
        NDIndex one = new NDIndex().addAllDim().addIndices(row);
        NDIndex read = new NDIndex().addSliceDim(0, sources).addIndices(row);
        try (NDManager inner = scope.newSubManager()) {
          NDArray left = at.get(one);
          NDArray right = changes.get(read).transpose();
          left.attach(inner);
          right.attach(inner);
          double[][] products = Tensors.matrix(attached(left.matMul(right), inner));
          for (int i = 0; i < products.length; i++) {
            int edge = graph.edge(firstNode, inputs.get(i));
            for (int node = 0; node < sources; node++) {
              scores[edge + node][firstRow + row] += (float) (weight * products[i][node]);
            }
          }
        }
      }
    }
  }

  private static NDArray attached(NDArray array, NDManager scope) {
    array.attach(scope);
    return array;
  }
}
