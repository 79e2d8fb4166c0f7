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
          "Expected a square pattern [query][key], got %d x %d; Plots.heatmap draws any shape"
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
}
