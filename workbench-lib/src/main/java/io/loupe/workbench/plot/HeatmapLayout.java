package io.loupe.workbench.plot;

import java.util.List;

/** Where the parts of a heat map are; all numbers are in pixels. */
final class HeatmapLayout {
  private static final double LARGEST_CELL = 34;
  private static final double BAR_GAP = 16;
  private static final int WIDEST_WITH_TEXT = 1500;

  final double cellWidth;
  final double cellHeight;
  final double plotX;
  final double plotY;
  final double barX;
  final double barHeight;
  final int width;
  final int height;
  final RowLabels rowLabels;
  final ColumnLabels columnLabels;

  HeatmapLayout(Heatmap map, ColorBar bar) {
    Frame frame = map.frame();
    HeatmapOptions options = map.options();
    int rows = map.values().rows();
    int columns = map.values().columns();
    List<String> rowNames = Matrix.labels(options.rows(), rows, "row");
    List<String> columnNames = Matrix.labels(options.columns(), columns, "column");
    CellText text = map.cellText();

    double left =
        Style.PADDING + AxisTitle.room(options.yLabel()) + RowLabels.of(rowNames, 11).width();
    double right = BAR_GAP + bar.width() + Style.PADDING;
    double widest = text.isEmpty() ? Style.NOTEBOOK_WIDTH : WIDEST_WITH_TEXT;
    double roomAcross = (frame.isNatural() ? widest : frame.width()) - left - right;
    double across = Math.max(roomAcross / columns, 0.5);
    if (frame.isNatural()) {
      across = Math.min(across, text.isEmpty() ? LARGEST_CELL : text.cellWidth());
    }
    across = whole(across);
    double shift = Math.max(0, ColumnLabels.of(columnNames, across).overhang() - across / 2 - left);
    left += Math.min(shift, 60);
    double top = frame.isNatural() ? frame.titleHeight(10_000) : frame.titleHeight(frame.width());
    top = Math.max(top, 0) + Style.PADDING;
    ColumnLabels below = ColumnLabels.of(columnNames, across);
    double bottom = below.height() + AxisTitle.room(options.xLabel()) + Style.PADDING;
    double down;
    if (frame.isNatural()) {
      down = naturalCellHeight(rows, across, text);
      if (text.isEmpty() && down < across / 2.2) {
        across = whole(Math.max(down * 2.2, 18));
      }
    } else {
      down = Math.max((frame.height() - top - bottom) / rows, 0.5);
    }
    if (options.square() && text.isEmpty()) {
      across = Math.min(across, down);
      down = across;
    }
    cellWidth = whole(across);
    cellHeight = whole(down);
    rowLabels = RowLabels.of(rowNames, cellHeight);
    columnLabels = ColumnLabels.of(columnNames, cellWidth);
    bottom = columnLabels.height() + AxisTitle.room(options.xLabel()) + Style.PADDING;
    plotX = left;
    barX = plotX + cellWidth * columns + BAR_GAP;
    double plotHeight = cellHeight * rows;
    barHeight = bar.height(plotHeight);
    if (frame.isNatural()) {
      width = (int) Math.ceil(Math.max(plotX + cellWidth * columns + right, frame.titleWidth()));
      plotY = Style.PADDING + frame.titleHeight(width);
      double below1 = plotHeight + bottom;
      height = (int) Math.ceil(plotY + Math.max(below1, barHeight + Style.PADDING));
    } else {
      width = frame.width();
      height = frame.height();
      plotY = Style.PADDING + frame.titleHeight(width);
    }
  }

  private static double naturalCellHeight(int rows, double across, CellText text) {
    if (!text.isEmpty()) {
      return text.cellHeight();
    }
    double down = Math.min(LARGEST_CELL, Math.max(3, 560.0 / rows));
    return Math.min(down, Math.max(2.2 * across, 16));
  }

  /** Whole pixels keep edges sharp and cells equal; tiny cells need fractions to be equal. */
  private static double whole(double size) {
    return size >= 4 ? Math.floor(size) : size;
  }
}
