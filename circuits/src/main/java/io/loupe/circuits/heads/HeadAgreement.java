package io.loupe.circuits.heads;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.stats.Correlation;
import io.loupe.workbench.stats.Interval;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How far two maps of the same heads agree: on the heads at their top, tested against chance (the
 * hypergeometric test: two sets of this size drawn blindly share at least so many), and on the
 * order of all heads (Spearman's rank correlation, tested by shuffling one map's scores).
 *
 * @param first the name of one map
 * @param second the name of the other
 * @param top how many heads of each were compared
 * @param heads how many heads have a score in both
 * @param shared the heads at the top of both
 * @param expected how many two blindly drawn sets share on average
 * @param overlapP probability that they share at least as many as these do
 * @param jaccard shared heads over heads at the top of either
 * @param spearman rank correlation over all heads; NaN if a map does not vary
 * @param interval its 95 % bootstrap interval over heads
 * @param rankP share of shuffled maps that correlate at least as much, of 10,000, these included
 * @param seed of the interval and the shuffles
 */
public record HeadAgreement(
    String first,
    String second,
    int top,
    int heads,
    HeadSet shared,
    double expected,
    double overlapP,
    double jaccard,
    double spearman,
    Interval interval,
    double rankP,
    long seed)
    implements Displayable {
  private static final int SHUFFLES = 9_999;

  /**
   * Compares two maps.
   *
   * @param top how many heads of each; fewer than there are
   * @throws IllegalArgumentException if the maps are of models of different shapes, or have too few
   *     heads with a score in both
   */
  public static HeadAgreement of(HeadMap first, HeadMap second, int top, long seed) {
    if (first.layers() != second.layers() || first.headsPerLayer() != second.headsPerLayer()) {
      throw new IllegalArgumentException(
          "Heads of models of different shapes have no counterparts: %s has %d layers of %d heads, %s has %d of %d. Compare maps of one model or of its checkpoints"
              .formatted(
                  first.origin().model(),
                  first.layers(),
                  first.headsPerLayer(),
                  second.origin().model(),
                  second.layers(),
                  second.headsPerLayer()));
    }
    List<Head> ofFirst = first.ranked();
    List<Head> ofSecond = second.ranked();
    List<Head> both =
        first.heads().toList().stream()
            .filter(head -> ofFirst.contains(head) && ofSecond.contains(head))
            .toList();
    if (top < 1 || top >= both.size()) {
      throw new IllegalArgumentException(
          "%d heads have a score in both '%s' and '%s'; compare fewer at the top, 1 or more, got %d"
              .formatted(both.size(), first.name(), second.name(), top));
    }
    HeadSet a = HeadSet.of(ofFirst.stream().filter(both::contains).limit(top).toList());
    HeadSet b = HeadSet.of(ofSecond.stream().filter(both::contains).limit(top).toList());
    double[] x = both.stream().mapToDouble(first::score).toArray();
    double[] y = both.stream().mapToDouble(second::score).toArray();
    double spearman = Correlation.spearman(x, y);
    HeadSet shared = a.intersection(b);
    return new HeadAgreement(
        first.name(),
        second.name(),
        top,
        both.size(),
        shared,
        (double) top * top / both.size(),
        atLeast(shared.size(), both.size(), top),
        a.jaccard(b),
        spearman,
        Correlation.interval(x, y, Correlation::spearman, 0.95, seed),
        shuffled(x, y, spearman, seed),
        seed);
  }

  /**
   * Returns the probability that two sets of {@code top} of {@code all} heads share at least {@code
   * shared}.
   */
  static double atLeast(int shared, int all, int top) {
    double sum = 0;
    for (int k = shared; k <= top; k++) {
      if (top - k <= all - top) {
        sum += Math.exp(logChoose(top, k) + logChoose(all - top, top - k) - logChoose(all, top));
      }
    }
    return Math.min(1, sum);
  }

  private static double logChoose(int n, int k) {
    double sum = 0;
    for (int i = 1; i <= k; i++) {
      sum += Math.log(n - k + i) - Math.log(i);
    }
    return sum;
  }

  private static double shuffled(double[] x, double[] y, double observed, long seed) {
    if (Double.isNaN(observed)) {
      return Double.NaN;
    }
    double[] ranksX = Correlation.ranks(x);
    double[] ranksY = Correlation.ranks(y);
    SplittableRandom random = new SplittableRandom(seed);
    int asMuch = 0;
    for (int shuffle = 0; shuffle < SHUFFLES; shuffle++) {
      for (int i = ranksY.length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        double kept = ranksY[i];
        ranksY[i] = ranksY[j];
        ranksY[j] = kept;
      }
      asMuch += Correlation.pearson(ranksX, ranksY) >= observed - 1e-12 ? 1 : 0;
    }
    return (asMuch + 1.0) / (SHUFFLES + 1.0);
  }

  @Override
  public MimeBundle display() {
    return Table.of("agreement", first + " and " + second)
        .row("heads", heads)
        .row("top " + top + " of each share", shared.size() + ": " + shared)
        .row("expected by chance", expected)
        .row("probability of so many by chance", overlapP)
        .row("Jaccard", jaccard)
        .row("Spearman's rank correlation", spearman)
        .row("its 95 % interval", interval)
        .row("probability of as much by chance", rankP)
        .display();
  }

  @Override
  public String toString() {
    return "%s and %s: top %d of %d share %d %s (by chance %.2f, p = %.2g); Spearman %.2f %s (p = %.2g)"
        .formatted(
            first,
            second,
            top,
            heads,
            shared.size(),
            shared,
            expected,
            overlapP,
            spearman,
            interval,
            rankP);
  }
}
