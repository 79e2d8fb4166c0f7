package io.loupe.circuits.certainty;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.Edge;
import io.loupe.circuits.score.EdgeScores;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.plot.BarChart;
import io.loupe.workbench.plot.Plots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Whether other examples would have given the same circuit: examples are drawn anew with
 * replacement, the edges are ranked anew, and circuits of the same size are compared two by two by
 * their Jaccard index. A circuit that does not reach {@link #BAR} on {@link #ENOUGH} examples or
 * more is no finding about the model, but about these prompts.
 */
public final class Stability implements Displayable {
  /** The mean Jaccard index that a stable circuit reaches. */
  public static final double BAR = 0.8;

  /** The number of examples from which on the bar counts. */
  public static final int ENOUGH = 100;

  private final Circuit circuit;
  private final List<Circuit> resampled;
  private final double[] pairwise; // ascending
  private final int examples;

  private Stability(Circuit circuit, List<Circuit> resampled, double[] pairwise, int examples) {
    this.circuit = circuit;
    this.resampled = resampled;
    this.pairwise = pairwise;
    this.examples = examples;
  }

  /**
   * Draws examples anew; no model is run.
   *
   * @param edges the circuits' size, 1 to the number of scored edges
   * @param resamples how many, 2 or more, e.g. 50
   */
  public static Stability of(EdgeScores scores, int edges, int resamples, long seed) {
    if (resamples < 2) {
      throw new IllegalArgumentException(
          "Circuits are compared two by two: expected at least 2 resamples, e.g. 50; got "
              + resamples);
    }
    int examples = scores.clean().length;
    SplittableRandom random = new SplittableRandom(seed);
    List<Circuit> resampled = new ArrayList<>();
    for (int i = 0; i < resamples; i++) {
      int[] drawn = new int[examples];
      Arrays.setAll(drawn, row -> random.nextInt(examples));
      resampled.add(scores.top(edges, drawn));
    }
    double[] pairwise = new double[resamples * (resamples - 1) / 2];
    int next = 0;
    for (int i = 0; i < resamples; i++) {
      for (int j = 0; j < i; j++) {
        pairwise[next++] = resampled.get(i).jaccard(resampled.get(j));
      }
    }
    Arrays.sort(pairwise);
    return new Stability(scores.top(edges), List.copyOf(resampled), pairwise, examples);
  }

  /** Returns the mean Jaccard index of two resamples' circuits. */
  public double jaccard() {
    return Arrays.stream(pairwise).average().orElseThrow();
  }

  /** Returns the index that 5 % of the pairs stay below. */
  public double low() {
    return pairwise[(int) (0.05 * (pairwise.length - 1))];
  }

  /** Tells whether the bar is reached, on enough examples. */
  public boolean isStable() {
    return jaccard() >= BAR && examples >= ENOUGH;
  }

  /** Returns the share of resamples whose circuit has an edge. */
  public double frequency(Edge edge) {
    return resampled.stream().filter(other -> other.contains(edge)).count()
        / (double) resampled.size();
  }

  /** Returns the edges of the circuit that are in at least a share of the resamples' circuits. */
  public Circuit core(double share) {
    return Circuit.of(
        circuit.graph(),
        circuit.edges().stream().filter(edge -> frequency(edge) >= share).toList());
  }

  /** Draws how often the circuit's edges came back, the most frequent first. */
  public BarChart plot() {
    List<Edge> edges = new ArrayList<>(circuit.edges());
    edges.sort((a, b) -> Double.compare(frequency(b), frequency(a)));
    List<Edge> shown = edges.subList(0, Math.min(40, edges.size()));
    return Plots.bars(shown.stream().map(Edge::toString).toList())
        .series("resamples", shown.stream().mapToDouble(this::frequency).toArray())
        .title("Share of %d resamples with the edge".formatted(resampled.size()));
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString());
  }

  @Override
  public String toString() {
    String enough =
        examples < ENOUGH ? " (the bar counts from %d examples on)".formatted(ENOUGH) : "";
    return "Stability[%d edges, %d examples, %d resamples: mean Jaccard %.3f, lowest 5 %% below %.3f; %s the bar of %.1f%s]"
        .formatted(
            circuit.size(),
            examples,
            resampled.size(),
            jaccard(),
            low(),
            jaccard() >= BAR ? "reaches" : "misses",
            BAR,
            enough);
  }
}
