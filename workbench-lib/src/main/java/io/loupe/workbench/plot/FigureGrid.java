package io.loupe.workbench.plot;

import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Figures side by side on one canvas, row by row. Immutable. */
final class FigureGrid extends Figure {
  private static final int GAP = 8;

  private final List<Figure> given;
  private final int columns;
  private final List<Figure> figures;
  private final int[] columnWidths;
  private final int[] rowHeights;

  FigureGrid(List<Figure> figures, int columns, Frame frame) {
    super(frame);
    if (figures.isEmpty() || columns < 1) {
      throw new IllegalArgumentException(
          "Expected at least one figure and one column, got %s and %s"
              .formatted(figures.size(), columns));
    }
    this.given = List.copyOf(figures);
    this.columns = Math.min(columns, figures.size());
    this.figures = laidOut(frame);
    int rows = (figures.size() + this.columns - 1) / this.columns;
    this.columnWidths = new int[this.columns];
    this.rowHeights = new int[rows];
    for (int i = 0; i < figures.size(); i++) {
      Figure figure = this.figures.get(i);
      int column = i % this.columns;
      int row = i / this.columns;
      columnWidths[column] = Math.max(columnWidths[column], figure.width());
      rowHeights[row] = Math.max(rowHeights[row], figure.height());
    }
  }

  /** Figures that chose their size get a column's width if all together are too wide. */
  private List<Figure> laidOut(Frame frame) {
    if (!frame.isNatural()) {
      int rows = (given.size() + columns - 1) / columns;
      int width = (frame.width() - (columns - 1) * GAP) / columns;
      double down = frame.height() - frame.titleHeight(frame.width()) - (rows - 1) * GAP;
      return given.stream().map(f -> f.withSize(width, (int) (down / rows))).toList();
    }
    int widest =
        IntStream.range(0, columns)
            .map(c -> columnOf(given, c).stream().mapToInt(Figure::width).max().orElse(0))
            .sum();
    int room = Style.NOTEBOOK_WIDTH - (columns - 1) * GAP;
    if (widest <= room) {
      return given;
    }
    int width = room / columns;
    return given.stream().map(figure -> narrowed(figure, width)).toList();
  }

  private List<Figure> columnOf(List<Figure> all, int column) {
    List<Figure> found = new ArrayList<>();
    for (int i = column; i < all.size(); i += columns) {
      found.add(all.get(i));
    }
    return found;
  }

  private static Figure narrowed(Figure figure, int width) {
    if (figure.width() <= width || !figure.frame().isNatural()) {
      return figure;
    }
    double shrunk = Math.sqrt((double) width / figure.width());
    return figure.withSize(width, (int) Math.max(120, Math.round(figure.height() * shrunk)));
  }

  @Override
  public FigureGrid withTitle(String title) {
    return new FigureGrid(given, columns, frame().withTitle(title));
  }

  @Override
  public FigureGrid withSize(int width, int height) {
    return new FigureGrid(given, columns, frame().withSize(width, height));
  }

  @Override
  public int width() {
    return frame().isNatural()
        ? IntStream.of(columnWidths).sum() + (columns - 1) * GAP
        : frame().width();
  }

  @Override
  public int height() {
    return frame().isNatural()
        ? (int) Math.ceil(frame().titleHeight(width()))
            + IntStream.of(rowHeights).sum()
            + (rowHeights.length - 1) * GAP
        : frame().height();
  }

  @Override
  public String description() {
    String parts = given.stream().map(Figure::description).collect(Collectors.joining("; "));
    return title().isBlank() ? parts : title().replaceAll("\\s+", " ") + ": " + parts;
  }

  @Override
  void paint(Graphics2D g) {
    frame().paintTitle(g, width());
    double y = frame().titleHeight(width());
    for (int row = 0; row < rowHeights.length; row++) {
      double x = 0;
      for (int column = 0; column < columns; column++) {
        int index = row * columns + column;
        if (index < figures.size()) {
          AffineTransform before = g.getTransform();
          g.translate(x, y);
          figures.get(index).paint(g);
          g.setTransform(before);
        }
        x += columnWidths[column] + GAP;
      }
      y += rowHeights[row] + GAP;
    }
  }
}
