package io.loupe.workbench.plot;

import java.util.List;

/**
 * Makes figures from plain arrays. A figure is a value: its methods ({@code title}, {@code rows},
 * {@code range}, ...) return changed copies, and a notebook cell that ends in one shows it.
 */
public final class Plots {
  private Plots() {}

  /**
   * Returns a heat map.
   *
   * @param values [row][column], copied; NaN for no value
   * @throws IllegalArgumentException if there is no cell, or rows differ in length
   */
  public static Heatmap heatmap(double[][] values) {
    return new Heatmap(Matrix.copyOf(values, "values"), new HeatmapOptions(), Frame.NATURAL);
  }

  /**
   * Returns one head's attention pattern, with queries down, keys across and the tokens on both
   * axes. Where no query attends to a later key, that triangle stays blank.
   *
   * @param pattern [query][key], square, each entry from 0 to 1; copied
   * @param tokens one for each position
   * @throws IllegalArgumentException if the pattern is not square, or tokens do not fit it
   */
  public static Heatmap attention(double[][] pattern, List<String> tokens) {
    Matrix values = Matrix.copyOf(pattern, "pattern");
    if (values.rows() != values.columns()) {
      throw new IllegalArgumentException(
          "Expected a square pattern [query][key], got %s x %s; Plots.heatmap draws any shape"
              .formatted(values.rows(), values.columns()));
    }
    HeatmapOptions options =
        new HeatmapOptions()
            .withRows(tokens)
            .withColumns(tokens)
            .withAxisLabels("key", "query", "attention")
            .withColors(ColorMap.SEQUENTIAL, new Range(0, 1))
            .withShape(values.isCausal(), true);
    return new Heatmap(values, options, Frame.NATURAL);
  }

  /**
   * Returns the patterns of all heads as small panels with one colour scale.
   *
   * @param patterns [layer][head][query][key], copied; layers may differ in their number of heads
   * @throws IllegalArgumentException if there is no head, or rows of a pattern differ in length
   */
  public static AttentionGrid attentionGrid(double[][][][] patterns) {
    return AttentionGrid.of(patterns);
  }

  /** Returns an empty line chart: {@code Plots.lines().series("loss", y)}. */
  public static LineChart lines() {
    return new LineChart(List.of(), Axes.PLAIN, Frame.NATURAL);
  }

  /**
   * Returns an empty bar chart: {@code Plots.bars(heads).series("effect", values)}.
   *
   * @param categories in order, from left to right or from top to bottom
   * @throws IllegalArgumentException if there is none
   */
  public static BarChart bars(List<String> categories) {
    return new BarChart(categories, List.of(), Axes.PLAIN, false, Frame.NATURAL);
  }

  /** Returns an empty scatter plot: {@code Plots.scatter().group("heads", x, y)}. */
  public static ScatterChart scatter() {
    return ScatterChart.empty();
  }

  /**
   * Returns boxes in rows and lines that lead upwards between them.
   *
   * @throws IllegalArgumentException if there is no box, two have one name, or a line does not lead
   *     upwards between two of them
   */
  public static Diagram diagram(List<Diagram.Box> boxes, List<Diagram.Line> lines) {
    return Diagram.of(boxes, lines);
  }

  /**
   * Puts figures side by side on one canvas, row by row. Figures that chose their own size become
   * narrower if they would not fit a notebook.
   *
   * @param columns how many figures stand beside each other, at least 1
   * @throws IllegalArgumentException if there is no figure or no column
   */
  public static Figure grid(List<? extends Figure> figures, int columns) {
    return new FigureGrid(List.copyOf(figures), columns, Frame.NATURAL);
  }

  /**
   * Returns one range for the colours of several heat maps, so that they can be compared: {@code
   * var range = Plots.sharedRange(zero, mean); Plots.heatmap(zero).range(range)}.
   *
   * @param matrices each [row][column]; NaN and infinite values are ignored
   */
  public static Range sharedRange(double[][]... matrices) {
    return Range.of(matrices);
  }
}
