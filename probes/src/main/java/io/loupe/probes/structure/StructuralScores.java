package io.loupe.probes.structure;

import io.loupe.probes.data.Features;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Correlation;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How well trees are read. Of distances: the share of undirected edges that the minimum spanning
 * tree of the distances has too (UUAS); of depths: the share of roots that are the shallowest word.
 * Beside it Spearman's correlation with what the tree says, in sentences of at least five scored
 * words, of distances the mean over words of each word's own.
 *
 * @param kind what was read
 * @param perTree the share of edges found, or 1 or 0 for the root; [sentence]
 * @param edges how many edges each sentence has, 1 for the root; [sentence]
 * @param spearman NaN for short sentences; [sentence]
 */
public record StructuralScores(
    StructuralProbe.Kind kind, double[] perTree, int[] edges, double[] spearman)
    implements Displayable {
  private static final int LEAST_WORDS = 5;

  /** Scores a probe on trees that it was not trained on. */
  public static StructuralScores of(StructuralProbe probe, Features features, List<Tree> trees) {
    List<double[]> rows = new ArrayList<>();
    for (Tree tree : usable(trees)) {
      rows.add(
          probe.kind() == StructuralProbe.Kind.DISTANCE
              ? ofDistances(tree, probe.distances(features, tree))
              : ofDepths(tree, probe.depths(features, tree)));
    }
    return of(probe.kind(), rows);
  }

  /**
   * Scores what needs no model: each word depends on the one before it, and the first is the root.
   */
  public static StructuralScores ofChain(StructuralProbe.Kind kind, List<Tree> trees) {
    List<double[]> rows = new ArrayList<>();
    for (Tree tree : usable(trees)) {
      int size = tree.size();
      double[][] distances = new double[size][size];
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          distances[i][j] = Math.abs(i - j);
        }
      }
      rows.add(
          kind == StructuralProbe.Kind.DISTANCE
              ? ofDistances(tree, distances)
              : ofDepths(tree, distances[0]));
    }
    return of(kind, rows);
  }

  /** Returns trees with an edge between scored words and a scored root. */
  private static List<Tree> usable(List<Tree> trees) {
    List<Tree> usable =
        trees.stream()
            .filter(
                tree ->
                    IntStream.of(tree.scored()).anyMatch(word -> tree.heads()[word] == -1)
                        && !edges(tree).isEmpty())
            .toList();
    if (usable.isEmpty()) {
      throw new IllegalArgumentException(
          "None of %d trees has a scored root and an edge between scored words"
              .formatted(trees.size()));
    }
    return usable;
  }

  private static StructuralScores of(StructuralProbe.Kind kind, List<double[]> rows) {
    return new StructuralScores(
        kind,
        rows.stream().mapToDouble(row -> row[0]).toArray(),
        rows.stream().mapToInt(row -> (int) row[1]).toArray(),
        rows.stream().mapToDouble(row -> row[2]).toArray());
  }

  /** An edge between two words, the smaller first. */
  private record Edge(int from, int to) {
    static Edge of(int a, int b) {
      return new Edge(Math.min(a, b), Math.max(a, b));
    }
  }

  private static List<Edge> edges(Tree tree) {
    return IntStream.of(tree.scored())
        .filter(word -> tree.heads()[word] >= 0 && tree.counted()[tree.heads()[word]])
        .mapToObj(word -> Edge.of(word, tree.heads()[word]))
        .toList();
  }

  private static double[] ofDistances(Tree tree, double[][] predicted) {
    int[] scored = tree.scored();
    List<Edge> spanning = spanning(scored, predicted);
    List<Edge> edges = edges(tree);
    long found = edges.stream().filter(spanning::contains).count();
    int[][] distances = tree.distances();
    double correlation =
        scored.length < LEAST_WORDS
            ? Double.NaN
            : IntStream.of(scored)
                .mapToDouble(
                    word ->
                        Correlation.spearman(
                            Arrays.stream(scored).mapToDouble(w -> distances[word][w]).toArray(),
                            Arrays.stream(scored).mapToDouble(w -> predicted[word][w]).toArray()))
                .average()
                .orElseThrow();
    return new double[] {(double) found / edges.size(), edges.size(), correlation};
  }

  private static double[] ofDepths(Tree tree, double[] predicted) {
    int[] scored = tree.scored();
    int shallowest =
        IntStream.of(scored).reduce((a, b) -> predicted[b] < predicted[a] ? b : a).orElseThrow();
    int[] depths = tree.depths();
    double correlation =
        scored.length < LEAST_WORDS
            ? Double.NaN
            : Correlation.spearman(
                Arrays.stream(scored).mapToDouble(w -> depths[w]).toArray(),
                Arrays.stream(scored).mapToDouble(w -> predicted[w]).toArray());
    return new double[] {tree.heads()[shallowest] == -1 ? 1 : 0, 1, correlation};
  }

  /** Returns the minimum spanning tree of some words (Prim 1957). */
  private static List<Edge> spanning(int[] words, double[][] distances) {
    List<Edge> edges = new ArrayList<>();
    boolean[] in = new boolean[distances.length];
    in[words[0]] = true;
    for (int added = 1; added < words.length; added++) {
      int bestFrom = -1;
      int bestTo = -1;
      for (int from : words) {
        for (int to : words) {
          if (in[from]
              && !in[to]
              && (bestFrom < 0 || distances[from][to] < distances[bestFrom][bestTo])) {
            bestFrom = from;
            bestTo = to;
          }
        }
      }
      in[bestTo] = true;
      edges.add(Edge.of(bestFrom, bestTo));
    }
    return edges;
  }

  /** Returns the share of all edges (UUAS), or of roots, that were found. */
  public double value() {
    double found = IntStream.range(0, edges.length).mapToDouble(i -> perTree[i] * edges[i]).sum();
    return found / Arrays.stream(edges).sum();
  }

  /** Returns the mean of Spearman's correlations over sentences; NaN if all are short. */
  public double meanSpearman() {
    return Arrays.stream(spearman).filter(x -> !Double.isNaN(x)).average().orElse(Double.NaN);
  }

  /** Returns a 95 % bootstrap interval of {@link #value} over sentences. */
  public Interval interval(long seed) {
    return Bootstrap.of(
        edges.length,
        drawn ->
            IntStream.of(drawn).mapToDouble(i -> perTree[i] * edges[i]).sum()
                / IntStream.of(drawn).mapToDouble(i -> edges[i]).sum(),
        0.95,
        seed);
  }

  private String measure() {
    return kind == StructuralProbe.Kind.DISTANCE ? "UUAS" : "root accuracy";
  }

  @Override
  public MimeBundle display() {
    return Table.of("sentences", measure(), "Spearman")
        .row(edges.length, value(), meanSpearman())
        .display()
        .and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    return "%s %.3f %s, Spearman %.3f, %d sentences"
        .formatted(measure(), value(), interval(0), meanSpearman(), edges.length);
  }
}
