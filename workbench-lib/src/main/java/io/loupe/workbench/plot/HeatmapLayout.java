package io.loupe.workbench.plot;

import java.util.List;

/**
 * Where the parts of a heat map are. In its natural size the cells follow the labels and the width
 * of a notebook; in a size that was asked for they share the room that labels and legend leave. All
 * numbers are in pixels.
 */
final class HeatmapLayout {
  private static final double LARGEST_CELL = 34;
  private static final double NATURAL_HEIGHT = 560;
  private static final double LEAST_TEXT_CELL = 44;
  private static final double BAR_GAP = 16;

  /** Cells are at most so many times higher than wide, or wider than high. */
  private static final double LARGEST_RATIO = 1.7;

  private static final double LEAST_LABELLED_CELL = 16;

  final double cellWidth;
  final double cellHeight;
  final double plotX;
  final double plotY;
  final double plotWidth;
  final double plotHeight;
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

    double left =
        Style.PADDING
            + AxisTitle.room(options.yLabel())
            + Math.max(RowLabels.of(rowNames, 11).width(), 14);
    double right = BAR_GAP + bar.width() + Style.PADDING;
    double under = AxisTitle.room(options.xLabel()) + Style.PADDING;
    double[] cell =
        frame.isNatural()
            ? naturalCell(map, Style.NOTEBOOK_WIDTH - left - right)
            : givenCell(map, frame.width() - left - right, frame.height() - under);
    if (options.square() && options.cellText().isEmpty()) {
      cell[0] = Math.min(cell[0], cell[1]);
      cell[1] = cell[0];
    }
    cellWidth = whole(cell[0]);
    cellHeight = whole(cell[1]);
    plotWidth = cellWidth * columns;
    plotHeight = cellHeight * rows;
    rowLabels = RowLabels.of(rowNames, cellHeight);
    columnLabels = ColumnLabels.of(columnNames, cellWidth);
    plotX = Math.max(left, Math.min(columnLabels.overhang() - cellWidth / 2, 90));
    barX = plotX + plotWidth + BAR_GAP;
    barHeight = bar.height(plotHeight);
    width =
        frame.isNatural()
            ? (int) Math.ceil(Math.max(plotX + plotWidth + right, frame.titleWidth()))
            : frame.width();
    plotY = Style.PADDING + frame.titleHeight(width);
    double below = Math.max(plotHeight + columnLabels.height() + under, barHeight + Style.PADDING);
    height = frame.isNatural() ? (int) Math.ceil(plotY + below) : frame.height();
  }

  /** Returns the width and the height of a cell that suits the data, its text and a notebook. */
  private static double[] naturalCell(Heatmap map, double roomAcross) {
    CellText text = map.cellText();
    double across = roomAcross / map.values().columns();
    if (!text.isEmpty()) {
      double width = Math.min(text.cellWidth(), Math.max(across, LEAST_TEXT_CELL));
      return new double[] {width, text.cellHeight()};
    }
    across = Math.min(LARGEST_CELL, across);
    double down = Math.min(LARGEST_CELL, NATURAL_HEIGHT / map.values().rows());
    double highest = Math.max(LARGEST_RATIO * across, LEAST_LABELLED_CELL);
    double widest = Math.max(LARGEST_RATIO * down, LEAST_LABELLED_CELL);
    return new double[] {Math.min(across, widest), Math.min(down, highest)};
  }

  /** Returns the cell that fills a given size; labels below take of the height what they need. */
  private static double[] givenCell(Heatmap map, double roomAcross, double roomDown) {
    Frame frame = map.frame();
    int columns = map.values().columns();
    double across = roomAcross / columns;
    List<String> names = Matrix.labels(map.options().columns(), columns, "column");
    double labels = ColumnLabels.of(names, across).height();
    double plot = roomDown - Style.PADDING - frame.titleHeight(frame.width()) - labels;
    return new double[] {across, plot / map.values().rows()};
  }

  /** Whole pixels keep edges sharp and cells equal; tiny cells need fractions to be equal. */
  private static double whole(double size) {
    return size >= 4 ? Math.floor(size) : Math.max(0.25, size);
  }
}
