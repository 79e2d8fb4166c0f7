package io.loupe.workbench.stats;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import java.util.stream.IntStream;

/**
 * How well an approximation stands for what it approximates, over many cases.
 *
 * @param cases how many
 * @param pearson correlation of the values; NaN if either does not vary
 * @param spearman correlation of the ranks
 * @param interval 95 % bootstrap interval of Spearman's over cases
 * @param meanError mean absolute difference, in the values' unit
 * @param largestError largest absolute difference
 * @param scale mean absolute exact value, to hold the errors against
 */
public record Agreement(
    int cases,
    double pearson,
    double spearman,
    Interval interval,
    double meanError,
    double largestError,
    double scale)
    implements Displayable {

  /**
   * Compares values case by case.
   *
   * @param seed of the interval
   * @throws IllegalArgumentException if they are not as many, fewer than two, or NaN
   */
  public static Agreement of(double[] approximate, double[] exact, long seed) {
    double pearson = Correlation.pearson(approximate, exact);
    double[] errors =
        IntStream.range(0, exact.length)
            .mapToDouble(i -> Math.abs(approximate[i] - exact[i]))
            .toArray();
    return new Agreement(
        exact.length,
        pearson,
        Correlation.spearman(approximate, exact),
        Correlation.interval(approximate, exact, Correlation::spearman, 0.95, seed),
        IntStream.range(0, errors.length).mapToDouble(i -> errors[i]).average().orElseThrow(),
        IntStream.range(0, errors.length).mapToDouble(i -> errors[i]).max().orElseThrow(),
        IntStream.range(0, exact.length)
            .mapToDouble(i -> Math.abs(exact[i]))
            .average()
            .orElseThrow());
  }

  @Override
  public MimeBundle display() {
    return Table.of("agreement with the exact effect", "")
        .row("cases", cases)
        .row("Spearman's rank correlation", spearman)
        .row("its 95 % interval", interval)
        .row("Pearson's correlation", pearson)
        .row("mean absolute error", meanError)
        .row("largest absolute error", largestError)
        .row("mean absolute exact effect", scale)
        .display();
  }

  @Override
  public String toString() {
    return "Spearman %.3f %s, Pearson %.3f, error mean %.3g, largest %.3g (mean exact effect %.3g, %d cases)"
        .formatted(spearman, interval, pearson, meanError, largestError, scale, cases);
  }
}
