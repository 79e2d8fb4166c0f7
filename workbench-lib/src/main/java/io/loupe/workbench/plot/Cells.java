package io.loupe.workbench.plot;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The coloured cells of a matrix. Few cells are drawn as rectangles, many as one image of a pixel a
 * cell, which keeps files small.
 *
 * @param causal leaves the cells above the diagonal that ends in the last cell blank
 */
record Cells(Matrix values, ColorScale scale, boolean causal) {
  private static final int MOST_RECTANGLES = 4096;
  private static final double SMALLEST_WITH_GAPS = 14;

  boolean isBlank(int row, int column) {
    return causal && column - row > values.columns() - values.rows();
  }

  boolean hasMissing() {
    for (int row = 0; row < values.rows(); row++) {
      for (int column = 0; column < values.columns(); column++) {
        if (!isBlank(row, column) && Double.isNaN(values.at(row, column))) {
          return true;
        }
      }
    }
    return false;
  }

  void paint(Graphics2D g, double x, double y, double width, double height) {
    if (values.rows() * values.columns() > MOST_RECTANGLES) {
      paintImage(g, x, y, width, height);
    } else {
      paintRectangles(g, x, y, width / values.columns(), height / values.rows());
    }
  }

  private void paintRectangles(
      Graphics2D g, double x, double y, double cellWidth, double cellHeight) {
    Map<Color, Path2D> byColor = new LinkedHashMap<>();
    Path2D missing = new Path2D.Double();
    double gap = Math.min(cellWidth, cellHeight) >= SMALLEST_WITH_GAPS ? 1 : 0;
    for (int row = 0; row < values.rows(); row++) {
      for (int column = 0; column < values.columns(); column++) {
        if (isBlank(row, column)) {
          continue;
        }
        Rectangle2D cell =
            new Rectangle2D.Double(
                x + column * cellWidth, y + row * cellHeight, cellWidth - gap, cellHeight - gap);
        double value = values.at(row, column);
        byColor
            .computeIfAbsent(scale.color(value), color -> new Path2D.Double())
            .append(cell, false);
        if (Double.isNaN(value)) {
          missing.append(cell, false);
        }
      }
    }
    Object before = g.getRenderingHint(RenderingHints.KEY_ANTIALIASING);
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_OFF);
    byColor.forEach(
        (color, path) -> {
          g.setColor(color);
          g.fill(path);
        });
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, before);
    hatch(g, missing);
  }

  /** Draws an image with one pixel a cell; missing values are a plain grey there. */
  void paintImage(Graphics2D g, double x, double y, double width, double height) {
    BufferedImage image =
        new BufferedImage(values.columns(), values.rows(), BufferedImage.TYPE_INT_ARGB);
    for (int row = 0; row < values.rows(); row++) {
      for (int column = 0; column < values.columns(); column++) {
        if (!isBlank(row, column)) {
          double value = values.at(row, column);
          Color color = Double.isNaN(value) ? ColorScale.MISSING_HATCH : scale.color(value);
          image.setRGB(column, row, color.getRGB());
        }
      }
    }
    AffineTransform placed = AffineTransform.getTranslateInstance(x, y);
    placed.scale(width / values.columns(), height / values.rows());
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    g.drawImage(image, placed, null);
  }

  /** Draws thin slanted lines on an area. */
  static void hatch(Graphics2D g, Shape area) {
    Rectangle2D bounds = area.getBounds2D();
    if (bounds.isEmpty()) {
      return;
    }
    Path2D lines = new Path2D.Double();
    double height = bounds.getHeight();
    for (double at = bounds.getX() - height; at < bounds.getMaxX(); at += 5) {
      lines.append(new Line2D.Double(at, bounds.getMaxY(), at + height, bounds.getMinY()), false);
    }
    Shape before = g.getClip();
    g.clip(area);
    g.setColor(ColorScale.MISSING_HATCH);
    g.setStroke(Style.THIN);
    g.draw(lines);
    g.setClip(before);
  }
}
