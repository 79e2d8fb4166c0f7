package io.loupe.circuits.score;

import io.loupe.circuits.graph.Edge;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.plot.ScatterChart;
import io.loupe.workbench.stats.Agreement;

/** Estimated scores beside the exact ones of the same edges, a random sample of all. */
public final class ScoreCheck implements Displayable {
  private final ScoreMethod method;
  private final ModelGraph graph;
  private final int[] edges;
  private final double[] estimated;
  private final double[] exact;
  private final int of;
  private final Agreement agreement;

  ScoreCheck(
      ScoreMethod method,
      ModelGraph graph,
      int[] edges,
      double[] estimated,
      double[] exact,
      int of,
      Agreement agreement) {
    this.method = method;
    this.graph = graph;
    this.edges = edges;
    this.estimated = estimated;
    this.exact = exact;
    this.of = of;
    this.agreement = agreement;
  }

  /** Returns correlations, their interval, and errors, over the sampled edges. */
  public Agreement agreement() {
    return agreement;
  }

  /** Returns the numbers of the sampled edges. */
  public int[] edges() {
    return edges.clone();
  }

  /** Returns the estimated mean scores, [sampled edge]. */
  public double[] estimated() {
    return estimated.clone();
  }

  /** Returns the exact mean scores, [sampled edge]. */
  public double[] exact() {
    return exact.clone();
  }

  /** Draws estimates against exact scores. */
  public ScatterChart plot() {
    return Plots.scatter()
        .group("edges", exact, estimated)
        .diagonal()
        .zeroLines()
        .xLabel("exact effect of replacing the edge")
        .yLabel("estimate")
        .title("%s, Spearman %.2f".formatted(method, agreement.spearman()));
  }

  /** Returns each sampled edge with both scores. */
  public Table table() {
    Table table = Table.of("from", "to", "estimated", "exact", "error");
    for (int i = 0; i < edges.length; i++) {
      Edge edge = graph.edge(edges[i]);
      table =
          table.row(
              edge.from().toString(),
              edge.to().toString(),
              estimated[i],
              exact[i],
              estimated[i] - exact[i]);
    }
    return table;
  }

  /** Shows the scatter plot and the numbers. */
  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(plot().display());
  }

  @Override
  public String toString() {
    return "ScoreCheck[%s, %d of %d edges] %s".formatted(method, edges.length, of, agreement);
  }
}
