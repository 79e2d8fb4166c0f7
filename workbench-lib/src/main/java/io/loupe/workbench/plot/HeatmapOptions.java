package io.loupe.workbench.plot;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How a heat map is drawn.
 *
 * @param rows one label a row, or empty for indices
 * @param columns one label a column, or empty for indices
 * @param xLabel what the columns are, or empty
 * @param yLabel what the rows are, or empty
 * @param colorLabel what the colours stand for, or empty
 * @param map diverging or sequential; null decides by the data
 * @param range the values of the ends of the colour scale; null takes the data's
 * @param cellText the lines of each cell, [row][column]; empty for none
 * @param causal leaves what is above the diagonal blank
 * @param square keeps cells square
 */
record HeatmapOptions(
    List<String> rows,
    List<String> columns,
    String xLabel,
    String yLabel,
    String colorLabel,
    @Nullable ColorMap map,
    @Nullable Range range,
    List<List<String>> cellText,
    boolean causal,
    boolean square) {

  HeatmapOptions {
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
    cellText = cellText.stream().map(List::copyOf).toList();
  }

  HeatmapOptions() {
    this(List.of(), List.of(), "", "", "", null, null, List.of(), false, false);
  }

  HeatmapOptions withRows(List<String> labels) {
    return new HeatmapOptions(
        labels, columns, xLabel, yLabel, colorLabel, map, range, cellText, causal, square);
  }

  HeatmapOptions withColumns(List<String> labels) {
    return new HeatmapOptions(
        rows, labels, xLabel, yLabel, colorLabel, map, range, cellText, causal, square);
  }

  HeatmapOptions withAxisLabels(String x, String y, String color) {
    return new HeatmapOptions(rows, columns, x, y, color, map, range, cellText, causal, square);
  }

  HeatmapOptions withColors(@Nullable ColorMap newMap, @Nullable Range newRange) {
    return new HeatmapOptions(
        rows, columns, xLabel, yLabel, colorLabel, newMap, newRange, cellText, causal, square);
  }

  HeatmapOptions withCellText(List<List<String>> text) {
    return new HeatmapOptions(
        rows, columns, xLabel, yLabel, colorLabel, map, range, text, causal, square);
  }

  HeatmapOptions withShape(boolean newCausal, boolean newSquare) {
    return new HeatmapOptions(
        rows, columns, xLabel, yLabel, colorLabel, map, range, cellText, newCausal, newSquare);
  }

  /** Returns these options if they fit a matrix. */
  HeatmapOptions checkedFor(Matrix values) {
    Matrix.labels(rows, values.rows(), "row");
    Matrix.labels(columns, values.columns(), "column");
    boolean fits =
        cellText.isEmpty()
            || (cellText.size() == values.rows()
                && cellText.stream().allMatch(row -> row.size() == values.columns()));
    if (!fits) {
      throw new IllegalArgumentException(
          "Expected a text for each of %s x %s cells, got rows of %s"
              .formatted(values.rows(), values.columns(), lengths()));
    }
    if (causal && values.columns() < values.rows()) {
      throw new IllegalArgumentException(
          "Expected at least as many keys (columns) as queries (rows) in a causal pattern, got %s x %s"
              .formatted(values.rows(), values.columns()));
    }
    return this;
  }

  ColorScale scale(Matrix values) {
    Range ends = range == null ? values.range() : range;
    ColorMap chosen = map;
    if (chosen == null) {
      chosen = ends.hasNegative() ? ColorMap.DIVERGING : ColorMap.SEQUENTIAL;
    }
    return new ColorScale(chosen, ends);
  }

  private String lengths() {
    return IntStream.range(0, cellText.size())
        .mapToObj(i -> Integer.toString(cellText.get(i).size()))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
