package io.loupe.circuits.certainty;

import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * Whether nodes stand in for each other: each is replaced alone and each two together. A backup
 * (Wang et al. 2022) shows as two whose joint effect is larger than the sum of their effects alone:
 * the second does its work only where the first is missing, so that ablating it alone does nothing.
 *
 * <p>Every pair is tested by flipping the signs of its interactions on the examples; p-values are
 * corrected for the number of pairs (Holm).
 */
public final class Backups implements Displayable {
  private final List<Pair> pairs;
  private final double direction;
  private final int examples;
  private final String standIn;

  /**
   * Two nodes, the more important one first. Effects are metric with nodes replaced minus metric of
   * the clean run, mean over examples.
   *
   * @param first the node with the larger effect alone
   * @param second the other
   * @param firstAlone effect of replacing the first alone
   * @param secondAlone effect of replacing the second alone
   * @param joint effect of replacing both
   * @param interval 95 % bootstrap interval of {@link #interaction}
   * @param p of no interaction, corrected for the number of pairs
   */
  public record Pair(
      Node first,
      Node second,
      double firstAlone,
      double secondAlone,
      double joint,
      Interval interval,
      double p) {
    /** Returns the joint effect minus the sum of both alone. */
    public double interaction() {
      return joint - firstAlone - secondAlone;
    }
  }

  private Backups(List<Pair> pairs, double direction, int examples, String standIn) {
    this.pairs = pairs;
    this.direction = direction;
    this.examples = examples;
    this.standIn = standIn;
  }

  /**
   * Tests all pairs of some nodes: for k nodes k (k + 1) / 2 runs.
   *
   * @param nodes two or more, e.g. the heads of a circuit and those behind them
   * @param seed of the tests and intervals
   * @throws IllegalArgumentException if there are fewer, or one is none of the model's
   */
  public static Backups of(CircuitRunner runner, Collection<? extends Node> nodes, long seed) {
    List<Node> all = List.copyOf(new TreeSet<>(nodes));
    if (all.size() < 2) {
      throw new IllegalArgumentException("A joint effect is one of at least two nodes; got " + all);
    }
    List<Circuit> circuits = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      for (int j = i; j < all.size(); j++) {
        List<Node> both = List.of(all.get(i), all.get(j));
        circuits.add(runner.graph().full().minus(Circuit.ofNodes(runner.graph(), both)));
      }
    }
    CircuitRuns runs = runner.run(circuits);
    double[][][] effects = new double[all.size()][all.size()][];
    int next = 0;
    for (int i = 0; i < all.size(); i++) {
      for (int j = i; j < all.size(); j++) {
        effects[i][j] = minus(runs.of(next++), runs.clean());
      }
    }
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      for (int j = i + 1; j < all.size(); j++) {
        double[] interaction = minus(minus(effects[i][j], effects[i][i]), effects[j][j]);
        double one = CircuitRuns.mean(effects[i][i]);
        double other = CircuitRuns.mean(effects[j][j]);
        boolean inOrder = Math.abs(one) >= Math.abs(other);
        pairs.add(
            new Pair(
                all.get(inOrder ? i : j),
                all.get(inOrder ? j : i),
                inOrder ? one : other,
                inOrder ? other : one,
                CircuitRuns.mean(effects[i][j]),
                Bootstrap.ofMean(interaction, 0.95, seed),
                SignFlips.twoSided(interaction, seed)));
      }
    }
    double total = CircuitRuns.mean(runs.replaced()) - CircuitRuns.mean(runs.clean());
    return new Backups(
        corrected(pairs), Math.signum(total), runs.clean().length, runner.standIn().label());
  }

  private static List<Pair> corrected(List<Pair> pairs) {
    double[] p = MultipleTests.holm(pairs.stream().mapToDouble(Pair::p).toArray());
    List<Pair> corrected = new ArrayList<>();
    for (int i = 0; i < p.length; i++) {
      Pair pair = pairs.get(i);
      corrected.add(
          new Pair(
              pair.first(),
              pair.second(),
              pair.firstAlone(),
              pair.secondAlone(),
              pair.joint(),
              pair.interval(),
              p[i]));
    }
    corrected.sort(Comparator.comparingDouble((Pair pair) -> -Math.abs(pair.interaction())));
    return List.copyOf(corrected);
  }

  private static double[] minus(double[] a, double[] b) {
    double[] difference = new double[a.length];
    Arrays.setAll(difference, i -> a[i] - b[i]);
    return difference;
  }

  /** Returns all pairs, the largest interaction first. */
  public List<Pair> pairs() {
    return pairs;
  }

  /**
   * Returns the pairs of which the second node stands in for the first: replacing both does more
   * than the sum, in the direction of replacing everything, and the corrected p-value is at most a
   * level.
   *
   * @param level e.g. 0.05
   */
  public List<Pair> found(double level) {
    return pairs.stream()
        .filter(pair -> pair.p() <= level && pair.interaction() * direction > 0)
        .toList();
  }

  /** Returns the pairs, the largest interaction first. */
  public Table table() {
    Table table =
        Table.of(
            "first", "second", "alone", "alone", "together", "interaction", "95 %", "p (Holm)");
    for (Pair pair : pairs) {
      table =
          table.row(
              pair.first().toString(),
              pair.second().toString(),
              pair.firstAlone(),
              pair.secondAlone(),
              pair.joint(),
              pair.interaction(),
              pair.interval(),
              pair.p());
    }
    return table;
  }

  @Override
  public MimeBundle display() {
    return MimeBundle.text(toString()).and(table().display());
  }

  @Override
  public String toString() {
    return "Backups[%d pairs replaced by %s, %d examples: %d stand in for another at p <= 0.05]"
        .formatted(pairs.size(), standIn, examples, found(0.05).size());
  }
}
