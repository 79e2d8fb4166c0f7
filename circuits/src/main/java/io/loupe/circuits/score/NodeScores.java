package io.loupe.circuits.score;

import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What replacing all that a node writes does to the metric, on each example: metric with the node
 * replaced minus metric of the clean run. Exact, from a run for each node; or estimated, as the sum
 * of the estimates of the node's edges.
 */
public final class NodeScores implements Displayable {
  private static final int SHOWN = 20;

  private final ModelGraph graph;
  private final String method;
  private final double[][] effects; // [node][example]

  NodeScores(ModelGraph graph, String method, double[][] effects) {
    this.graph = graph;
    this.method = method;
    this.effects = effects;
  }

  /** Returns a node's mean score; throws {@code IllegalArgumentException} if there is no such. */
  public double score(Node node) {
    return CircuitRuns.mean(effects[graph.number(node)]);
  }

  /** Returns a node's score on each example. */
  public double[] perExample(Node node) {
    return effects[graph.number(node)].clone();
  }

  /** Returns a 95 % bootstrap interval of a node's mean score over examples. */
  public Interval interval(Node node, long seed) {
    return Bootstrap.ofMean(effects[graph.number(node)], 0.95, seed);
  }

  /** Returns the nodes, the largest absolute mean score first. */
  public List<Node> ranked() {
    return IntStream.range(0, effects.length)
        .boxed()
        .sorted(Comparator.comparingDouble(node -> -Math.abs(CircuitRuns.mean(effects[node]))))
        .map(graph.nodes()::get)
        .toList();
  }

  /** Returns the nodes with the largest absolute scores, with 95 % intervals (seed 0). */
  public Table table(int count) {
    Table table = Table.of("node", "score", "low", "high");
    for (Node node : ranked().stream().limit(count).toList()) {
      Interval interval = interval(node, 0);
      table = table.row(node.toString(), score(node), interval.low(), interval.high());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(table(SHOWN).display());
  }

  @Override
  public String toString() {
    return "NodeScores[%s of %d nodes of %s, %d examples]"
        .formatted(method, effects.length, graph.model().name(), effects[0].length);
  }
}
