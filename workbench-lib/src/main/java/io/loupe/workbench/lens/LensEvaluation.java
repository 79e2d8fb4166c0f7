package io.loupe.workbench.lens;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import java.util.Arrays;
import java.util.List;

/**
 * How well a trained lens says what the model says in the end, beside the untrained lens it began
 * as. Divergences are KL(model || lens) in nats per token.
 *
 * <p>The bias is the divergence between the mean distributions over all tokens (Belrose et al.
 * 2023): a lens without bias says each token as often as the model. The perplexity is the
 * exponential of the lens's mean cross-entropy on the text itself: the next token, or in a
 * bidirectional model the token at the position.
 */
public final class LensEvaluation implements Displayable {
  private static final double LEVEL = 0.95;

  private final String plain;
  private final String trained;
  private final List<Line> lines;
  private final double modelCrossEntropy;

  /**
   * One lens's numbers at one place.
   *
   * @param divergence mean over the tokens of each text, [row]
   * @param bias divergence of the mean distributions
   * @param crossEntropy on the text, in nats per token
   */
  public record Reading(double[] divergence, double bias, double crossEntropy) {
    public Reading {
      divergence = divergence.clone();
    }

    @Override
    public double[] divergence() {
      return divergence.clone();
    }

    /** Returns the mean divergence over texts. */
    public double mean() {
      return Arrays.stream(divergence).average().orElseThrow();
    }

    /** Returns the exponential of the cross-entropy. */
    public double perplexity() {
      return Math.exp(crossEntropy);
    }
  }

  /**
   * What both lenses say at one place.
   *
   * @param label {@code layer 3}, {@code L3H5}
   * @param before the untrained lens
   * @param after the trained one
   */
  public record Line(String label, Reading before, Reading after) {}

  LensEvaluation(String plain, String trained, List<Line> lines, double modelCrossEntropy) {
    this.plain = plain;
    this.trained = trained;
    this.lines = List.copyOf(lines);
    this.modelCrossEntropy = modelCrossEntropy;
  }

  /** Returns both lenses' numbers at each place. */
  public List<Line> lines() {
    return lines;
  }

  /** Returns one place's numbers; throws {@code IllegalArgumentException} naming the places. */
  public Line line(String label) {
    return lines.stream()
        .filter(line -> line.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no place '%s'; there are %s"
                        .formatted(label, lines.stream().map(Line::label).toList())));
  }

  /** Returns the model's own perplexity on the text. */
  public double modelPerplexity() {
    return Math.exp(modelCrossEntropy);
  }

  /** Returns a 95 % bootstrap interval, over texts, of how much training lowered the divergence. */
  public Interval gain(String label, long seed) {
    Line line = line(label);
    double[] before = line.before().divergence();
    double[] after = line.after().divergence();
    double[] gain = new double[before.length];
    Arrays.setAll(gain, row -> before[row] - after[row]);
    return Bootstrap.ofMean(gain, LEVEL, seed);
  }

  /** Returns one row a place: divergence, its gain with interval, bias, perplexity. */
  public Table table() {
    Table table =
        Table.of(
            "place",
            "KL, " + plain,
            "KL, " + trained,
            "gain, 95 % interval",
            "bias, " + plain,
            "bias, " + trained,
            "perplexity, " + plain,
            "perplexity, " + trained);
    for (Line line : lines) {
      table =
          table.row(
              line.label(),
              line.before().mean(),
              line.after().mean(),
              gain(line.label(), 1).toString(),
              line.before().bias(),
              line.after().bias(),
              line.before().perplexity(),
              line.after().perplexity());
    }
    return table;
  }

  /** Draws the mean divergence at each place, with 95 % bootstrap intervals over texts. */
  public LineChart plot() {
    double[] x = new double[lines.size()];
    Arrays.setAll(x, i -> i);
    LineChart chart =
        Plots.lines()
            .xLabel(
                "%s = 0, ..., %s".formatted(lines.get(0).label(), lines.get(x.length - 1).label()))
            .yLabel("KL(model || lens), nats per token")
            .title("How far a lens is from the model's own prediction");
    return add(
        add(chart, plain, x, lines.stream().map(Line::before).toList()),
        trained,
        x,
        lines.stream().map(Line::after).toList());
  }

  private static LineChart add(LineChart chart, String name, double[] x, List<Reading> readings) {
    double[] y = readings.stream().mapToDouble(Reading::mean).toArray();
    double[] low = new double[y.length];
    double[] high = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      Interval interval = Bootstrap.ofMean(readings.get(i).divergence(), LEVEL, 1);
      low[i] = Math.min(y[i], interval.low());
      high[i] = Math.max(y[i], interval.high());
    }
    return chart.series(name, x, y, low, high);
  }

  @Override
  public MimeBundle display() {
    return table().display();
  }

  @Override
  public String toString() {
    return table().toString();
  }
}
