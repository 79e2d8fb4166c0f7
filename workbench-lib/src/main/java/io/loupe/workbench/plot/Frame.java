package io.loupe.workbench.plot;

import java.awt.Font;
import java.awt.Graphics2D;
import java.util.ArrayList;
import java.util.List;

/**
 * What every figure has: a title, wrapped at spaces, and a size that is asked for or left to the
 * figure.
 *
 * @param title empty for none
 * @param width in pixels; 0 leaves the size to the figure
 * @param height in pixels; 0 leaves the size to the figure
 */
record Frame(String title, int width, int height) {
  static final Frame NATURAL = new Frame("", 0, 0);
  private static final int SMALLEST = 80;
  private static final int LARGEST = 8000;
  private static final double LINE = 18;

  Frame {
    boolean natural = width == 0 && height == 0;
    if (!natural && (width < SMALLEST || height < SMALLEST || Math.max(width, height) > LARGEST)) {
      throw new IllegalArgumentException(
          "Expected a width and a height of %s to %s pixels, got %s x %s"
              .formatted(SMALLEST, LARGEST, width, height));
    }
  }

  Frame withTitle(String newTitle) {
    return new Frame(newTitle, width, height);
  }

  Frame withSize(int newWidth, int newHeight) {
    return new Frame(title, newWidth, newHeight);
  }

  boolean isNatural() {
    return width == 0;
  }

  /** The height of the title's band over a figure of this width, 0 without a title. */
  double titleHeight(double figureWidth) {
    return title.isBlank() ? 0 : lines(figureWidth).size() * LINE + 8;
  }

  /** The width that a figure should have at least for its title: all of it, or a good part. */
  double titleWidth() {
    return title.isBlank()
        ? 0
        : Math.min(520, Text.width(title, Style.titleFont()) + 2 * Style.PADDING + 2);
  }

  void paintTitle(Graphics2D g, double figureWidth) {
    if (title.isBlank()) {
      return;
    }
    g.setColor(Style.INK);
    Font font = Style.titleFont();
    double baseline = Style.PADDING + 10;
    for (String line : lines(figureWidth)) {
      Text.fitted(line, font, figureWidth - 2 * Style.PADDING).draw(g, Style.PADDING, baseline);
      baseline += LINE;
    }
  }

  private List<String> lines(double figureWidth) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : title.strip().split("\\R", -1)) {
      StringBuilder line = new StringBuilder();
      for (String word : paragraph.split(" ", -1)) {
        String longer = line.length() == 0 ? word : line + " " + word;
        boolean fits = Text.width(longer, Style.titleFont()) <= figureWidth - 2 * Style.PADDING;
        if (line.length() > 0 && !fits) {
          lines.add(line.toString());
          line.setLength(0);
          line.append(word);
        } else {
          line.setLength(0);
          line.append(longer);
        }
      }
      lines.add(line.toString());
    }
    return lines;
  }
}
