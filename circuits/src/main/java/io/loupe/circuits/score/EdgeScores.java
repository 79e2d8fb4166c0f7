package io.loupe.circuits.score;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.CircuitDrawing;
import io.loupe.circuits.graph.Edge;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Baselines;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.plot.Diagram;
import io.loupe.workbench.stats.Agreement;
import io.loupe.workbench.stats.Auroc;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What replacing each edge alone does to the metric, exactly or estimated, on each example: metric
 * with the edge replaced minus metric of the clean run. An edge whose replacement lowers a metric
 * that is high on clean prompts has a negative score. Edges are ranked by the size of their mean
 * score.
 */
public final class EdgeScores implements Displayable {
  private static final int SHOWN = 20;

  private final Source source;
  private final ScoreMethod method;
  private final int[] edges;
  private final float[][] effects; // [scored edge][example]
  private final double[] clean;
  private final double[] replaced;
  private final double[] means;

  /** What was scored. */
  record Source(ModelGraph graph, Examples examples, StandIn standIn) {}

  EdgeScores(
      Source source,
      ScoreMethod method,
      int[] edges,
      float[][] effects,
      double[] clean,
      double[] replaced) {
    this.source = source;
    this.method = method;
    this.edges = edges;
    this.effects = effects;
    this.clean = clean;
    this.replaced = replaced;
    this.means = new double[edges.length];
    for (int i = 0; i < edges.length; i++) {
      means[i] = mean(effects[i]);
    }
    Baselines.check(clean, replaced);
  }

  public ModelGraph graph() {
    return source.graph();
  }

  public Examples examples() {
    return source.examples();
  }

  /** Returns what stood in for an edge. */
  public StandIn standIn() {
    return source.standIn();
  }

  public ScoreMethod method() {
    return method;
  }

  /** Returns the numbers of the edges that were scored. */
  public int[] edges() {
    return edges.clone();
  }

  /** Returns the mean scores, in the order of {@link #edges}. */
  public double[] means() {
    return means.clone();
  }

  /** Returns the metric of the clean run, [example]. */
  public double[] clean() {
    return clean.clone();
  }

  /** Returns the metric with every edge replaced, [example]. */
  public double[] replaced() {
    return replaced.clone();
  }

  /** Returns an edge's mean score; throws {@code IllegalArgumentException} if it was not scored. */
  public double score(Edge edge) {
    return means[index(edge)];
  }

  /** Returns an edge's score on each example. */
  public double[] perExample(Edge edge) {
    return wide(effects[index(edge)]);
  }

  /** Returns a 95 % bootstrap interval of an edge's mean score over examples. */
  public Interval interval(Edge edge, long seed) {
    return Bootstrap.ofMean(perExample(edge), 0.95, seed);
  }

  private int index(Edge edge) {
    int number = graph().number(edge);
    int index = Arrays.binarySearch(edges, number);
    if (index < 0) {
      throw new IllegalArgumentException(
          "%s was not among the %d edges that were scored".formatted(edge, edges.length));
    }
    return index;
  }

  /** Returns how the clean runs came about, one for each batch. Hashes the weights. */
  public List<Provenance> provenance() {
    return examples().batches().stream()
        .map(Batch::clean)
        .map(tokens -> graph().model().provenance(tokens))
        .toList();
  }

  // ranking

  /** Returns the numbers of the scored edges, the largest absolute mean score first. */
  public int[] ranked() {
    return ranked(means);
  }

  private int[] ranked(double[] by) {
    return IntStream.range(0, edges.length)
        .boxed()
        .sorted(
            Comparator.comparingDouble((Integer i) -> -Math.abs(by[i]))
                .thenComparing(i -> edges[i]))
        .mapToInt(i -> edges[i])
        .toArray();
  }

  /**
   * Returns the circuit of the edges with the largest absolute mean scores.
   *
   * @param count 1 to the number of scored edges
   */
  public Circuit top(int count) {
    checkCount(count);
    return Circuit.ofNumbers(graph(), Arrays.copyOf(ranked(), count));
  }

  private void checkCount(int count) {
    if (count < 1 || count > edges.length) {
      throw new IllegalArgumentException(
          "A circuit has at least 1 edge and at most the %d that were scored; got %d. graph.empty() is the one without"
              .formatted(edges.length, count));
    }
  }

  /**
   * Returns the circuit of the edges whose absolute mean score is at least a threshold.
   *
   * @throws IllegalArgumentException if there is none; it says what the largest is
   */
  public Circuit above(double threshold) {
    int[] some =
        IntStream.range(0, edges.length)
            .filter(i -> Math.abs(means[i]) >= threshold)
            .map(i -> edges[i])
            .toArray();
    if (some.length == 0) {
      throw new IllegalArgumentException(
          "No edge has a score of %s or more: the largest is %.4g"
              .formatted(
                  threshold,
                  IntStream.range(0, means.length)
                      .mapToDouble(i -> Math.abs(means[i]))
                      .max()
                      .orElse(0)));
    }
    return Circuit.ofNumbers(graph(), some);
  }

  /**
   * Returns the circuit that grows from the logits: again and again the edge with the largest
   * absolute score is taken of those that lead to what is already in the circuit (Hanna et al.
   * 2024). Every edge then has a way to the logits.
   *
   * @param count 1 to the number of scored edges
   */
  public Circuit greedy(int count) {
    checkCount(count);
    ModelGraph graph = graph();
    Map<Integer, List<Integer>> ofInput = new HashMap<>();
    for (int i = 0; i < edges.length; i++) {
      ofInput.computeIfAbsent(graph.inputOf(edges[i]), k -> new ArrayList<>()).add(i);
    }
    Map<Integer, List<Integer>> inputsOf = new HashMap<>();
    for (int input = 0; input < graph.inputs().size(); input++) {
      for (int node : graph.feeds(input)) {
        inputsOf.computeIfAbsent(node, k -> new ArrayList<>()).add(input);
      }
    }
    PriorityQueue<Integer> open =
        new PriorityQueue<>(
            Comparator.comparingDouble((Integer i) -> -Math.abs(means[i]))
                .thenComparing(i -> edges[i]));
    Set<Integer> seen = new HashSet<>();
    int logits = graph.inputs().size() - 1;
    seen.add(logits);
    open.addAll(ofInput.getOrDefault(logits, List.of()));
    int[] chosen = new int[count];
    int taken = 0;
    while (taken < count && !open.isEmpty()) {
      int edge = edges[open.remove()];
      chosen[taken++] = edge;
      for (int input : inputsOf.getOrDefault(graph.nodeOf(edge), List.of())) {
        if (seen.add(input)) {
          open.addAll(ofInput.getOrDefault(input, List.of()));
        }
      }
    }
    return Circuit.ofNumbers(graph, Arrays.copyOf(chosen, taken));
  }

  /**
   * Returns the area under the ROC curve of the absolute mean scores against a known circuit: how
   * often an edge of it is ranked above one that is not in it, ties counted half; 0.5 for scores
   * that say nothing, 1 for a perfect ranking.
   *
   * @throws IllegalArgumentException if the circuit is of another model, or all or none of the
   *     scored edges are in it
   */
  public double auroc(Circuit known) {
    graph().check(known);
    double[] sizes = new double[edges.length];
    boolean[] inside = new boolean[edges.length];
    int in = 0;
    for (int i = 0; i < edges.length; i++) {
      sizes[i] = Math.abs(means[i]);
      inside[i] = known.contains(edges[i]);
      in += inside[i] ? 1 : 0;
    }
    if (in == 0 || in == edges.length) {
      throw new IllegalArgumentException(
          "An area under the ROC curve needs scored edges inside and outside of the known circuit; got %d and %d"
              .formatted(in, edges.length - in));
    }
    return Auroc.of(sizes, inside);
  }

  // resamples

  /**
   * Returns the edges with the largest absolute mean scores over some of the examples, e.g. drawn
   * with replacement.
   *
   * @param count 1 to the number of scored edges
   * @param drawn the examples' indices, as many as wanted
   */
  public Circuit top(int count, int[] drawn) {
    checkCount(count);
    double[] by = new double[edges.length];
    for (int i = 0; i < edges.length; i++) {
      double sum = 0;
      for (int row : drawn) {
        sum += effects[i][row];
      }
      by[i] = sum / drawn.length;
    }
    return Circuit.ofNumbers(graph(), Arrays.copyOf(ranked(by), count));
  }

  // nodes

  /**
   * Returns the sums of the scores of each node's edges. For an estimate from gradients that is the
   * estimate of replacing all that the node writes; {@link EdgeAttribution#exactNodes} does so.
   *
   * @throws IllegalArgumentException if these are exact scores, whose sum is no effect, or not of
   *     all edges
   */
  public NodeScores ofNodes() {
    if (method.kind() == ScoreMethod.Kind.EXACT || edges.length < graph().size()) {
      throw new IllegalArgumentException(
          "Estimates of all edges add up to those of nodes; got %s of %d edges. EdgeAttribution.exactNodes() replaces each node"
              .formatted(method, edges.length));
    }
    double[][] sums = new double[graph().nodes().size()][clean.length];
    for (int edge = 0; edge < edges.length; edge++) {
      double[] sum = sums[graph().nodeOf(edge)];
      for (int row = 0; row < sum.length; row++) {
        sum[row] += effects[edge][row];
      }
    }
    return new NodeScores(graph(), method.toString(), sums);
  }

  // how good they are

  /**
   * Replaces some edges exactly and compares.
   *
   * @param count how many, drawn without replacement; all if there are no more
   * @param seed the same seed draws the same edges
   * @throws IllegalArgumentException if fewer than 3 are asked for
   */
  public ScoreCheck check(int count, long seed) {
    if (count < 3) {
      throw new IllegalArgumentException(
          "A rank correlation needs at least 3 edges, better 100; got " + count);
    }
    List<Integer> all = new ArrayList<>(IntStream.range(0, edges.length).boxed().toList());
    Collections.shuffle(all, new Random(seed));
    int[] drawn = all.stream().limit(count).mapToInt(Integer::intValue).sorted().toArray();
    int[] numbers = Arrays.stream(drawn).map(i -> edges[i]).toArray();
    EdgeScores exact = EdgeAttribution.of(graph(), examples()).replacedBy(standIn()).exact(numbers);
    double[] estimated = Arrays.stream(drawn).mapToDouble(i -> means[i]).toArray();
    return new ScoreCheck(
        method,
        graph(),
        numbers,
        estimated,
        exact.means,
        edges.length,
        Agreement.of(estimated, exact.means, seed));
  }

  // showing

  /** Returns the edges with the largest absolute scores, with 95 % bootstrap intervals (seed 0). */
  public Table table(int count) {
    Table table = Table.of("from", "to", "score", "low", "high");
    int[] ranked = ranked();
    for (int i = 0; i < Math.min(count, ranked.length); i++) {
      Edge edge = graph().edge(ranked[i]);
      Interval interval = interval(edge, 0);
      table =
          table.row(
              edge.from().toString(),
              edge.to().toString(),
              score(edge),
              interval.low(),
              interval.high());
    }
    return table;
  }

  /** Draws a circuit with its edges' scores: red where replacing the edge lowers the metric. */
  public Diagram plot(Circuit circuit) {
    graph().check(circuit);
    Map<Integer, Double> byNumber = new HashMap<>();
    for (int i = 0; i < edges.length; i++) {
      byNumber.put(edges[i], means[i]);
    }
    return CircuitDrawing.of(circuit, edge -> byNumber.getOrDefault(edge, Double.NaN));
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(table(SHOWN).display());
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  @Override
  public String toString() {
    return "EdgeScores[%s of %d edges, replaced by %s, %s, %d examples, metric clean %.4f, all edges replaced %.4f]"
        .formatted(
            method,
            edges.length,
            standIn().label(),
            graph().model().gauge().label(),
            clean.length,
            CircuitRuns.mean(clean),
            CircuitRuns.mean(replaced));
  }
}
