package io.loupe.circuits.graph;

import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.plot.Diagram;
import io.loupe.workbench.plot.Plots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/**
 * Draws a circuit: one row for the heads of a layer, one for its MLP. An edge ends at a head's
 * queries, keys or values, marked q, k, v; where heads share keys and values it is drawn to each of
 * those in the circuit.
 */
public final class CircuitDrawing {
  private CircuitDrawing() {}

  /**
   * Draws a circuit with a number for each edge.
   *
   * @param value of an edge by its number, e.g. its score; NaN for none
   * @throws IllegalArgumentException if the circuit has no edges
   */
  public static Diagram of(Circuit circuit, IntToDoubleFunction value) {
    if (circuit.size() == 0) {
      throw new IllegalArgumentException("A circuit without edges cannot be drawn: " + circuit);
    }
    ModelGraph graph = circuit.graph();
    Map<String, Diagram.Box> boxes = new LinkedHashMap<>();
    boxes.put("embedding", new Diagram.Box("embedding", 0, "", 2));
    circuit.nodes().forEach(node -> boxes.putIfAbsent(node.toString(), box(node)));
    List<Diagram.Line> lines = new ArrayList<>();
    for (int edge : circuit.numbers()) {
      Input to = graph.inputs().get(graph.inputOf(edge));
      String from = graph.nodes().get(graph.nodeOf(edge)).toString();
      for (String target : targets(graph, to, boxes)) {
        lines.add(new Diagram.Line(from, target, label(to), value.applyAsDouble(edge)));
      }
    }
    return Plots.diagram(List.copyOf(boxes.values()), lines)
        .describedAs("Circuit")
        .title("%s: %d of %,d edges".formatted(graph.model().name(), circuit.size(), graph.size()));
  }

  private static Diagram.Box box(Node node) {
    if (node instanceof Node.Attention attention) {
      int layer = attention.head().layer();
      return new Diagram.Box(node.toString(), 2 * layer + 1, "layer " + layer, 0);
    }
    return node instanceof Node.Mlp mlp
        ? new Diagram.Box(node.toString(), 2 * mlp.layer() + 2, "", 1)
        : new Diagram.Box(node.toString(), 0, "", 2);
  }

  private static List<String> targets(ModelGraph graph, Input to, Map<String, Diagram.Box> boxes) {
    if (to.kind() == Input.Kind.LOGITS) {
      boxes.putIfAbsent(
          "logits", new Diagram.Box("logits", 2 * graph.config().layers() + 1, "", 3));
      return List.of("logits");
    }
    List<Node> fed =
        graph.feeds(graph.number(to)).stream().map(number -> graph.nodes().get(number)).toList();
    List<String> drawn = fed.stream().map(Node::toString).filter(boxes::containsKey).toList();
    if (!drawn.isEmpty()) {
      return drawn;
    }
    fed.stream().limit(1).forEach(node -> boxes.put(node.toString(), box(node)));
    return List.of(fed.get(0).toString());
  }

  private static String label(Input to) {
    return switch (to.kind()) {
      case QUERY -> "q";
      case KEY -> "k";
      case VALUE -> "v";
      case MLP, LOGITS -> "";
    };
  }
}
