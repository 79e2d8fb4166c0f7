package io.loupe.workbench.plot;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.util.Arrays;
import java.util.List;

/** The lines of text inside the cells of a heat map, in a colour that stands out from the cell. */
final class CellText {
  private static final double SIZE = 10;
  private static final double SMALLEST = 7;
  private static final double WIDEST_CELL = 96;
  private static final double MARGIN = 3;

  private final List<List<String>> texts;

  CellText(List<List<String>> texts) {
    this.texts = texts;
  }

  boolean isEmpty() {
    return texts.isEmpty();
  }

  /** The width of a cell that holds nearly every line. */
  double cellWidth() {
    Font font = Fonts.regular(SIZE);
    double widest =
        texts.stream()
            .flatMap(List::stream)
            .flatMap(text -> lines(text).stream())
            .mapToDouble(line -> Text.width(line, font))
            .max()
            .orElse(0);
    return Math.ceil(Math.max(30, Math.min(WIDEST_CELL, widest + 2 * MARGIN + 2)));
  }

  double cellHeight() {
    return Math.max(22, mostLines() * (SIZE + 3) + 7);
  }

  private int mostLines() {
    return texts.stream()
        .flatMap(List::stream)
        .mapToInt(text -> lines(text).size())
        .max()
        .orElse(1);
  }

  void paint(Graphics2D g, HeatmapLayout layout, Cells cells) {
    double room = (layout.cellHeight - 2) / (mostLines() * 1.25);
    Font font = Fonts.regular(Math.max(SMALLEST, Math.min(SIZE, room)));
    double line = font.getSize2D() + 3;
    int shown = (int) Math.max(1, Math.floor((layout.cellHeight - 1) / line));
    for (int row = 0; row < texts.size(); row++) {
      for (int column = 0; column < texts.get(row).size(); column++) {
        if (cells.isBlank(row, column)) {
          continue;
        }
        List<String> lines = lines(texts.get(row).get(column));
        lines = lines.subList(0, Math.min(shown, lines.size()));
        Color background = cells.scale().color(cells.values().at(row, column));
        g.setColor(ColorScale.inkOn(background));
        double x = layout.plotX + (column + 0.5) * layout.cellWidth;
        double y = layout.plotY + (row + 0.5) * layout.cellHeight - (lines.size() - 1) * line / 2;
        for (String text : lines) {
          Text.fitted(text, font, layout.cellWidth - 2 * MARGIN + 1).drawAt(g, x - 0.5, y, 0.5);
          y += line;
        }
      }
    }
  }

  private static List<String> lines(String text) {
    return Arrays.asList(text.split("\n", -1));
  }
}
