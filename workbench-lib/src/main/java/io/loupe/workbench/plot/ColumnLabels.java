package io.loupe.workbench.plot;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.util.List;

/**
 * The labels under the columns of a figure: level where they fit, slanted where columns are narrow,
 * upright where they are narrower still, and only every so many where even that is too dense.
 */
final class ColumnLabels {
  private static final double LONGEST = 110;
  private static final double TICK = 4;

  private enum Direction {
    LEVEL,
    SLANTED,
    UPRIGHT
  }

  private final List<Text> labels;
  private final double step;
  private final Direction direction;
  private final int stride;
  private final double longest;
  private final double fontSize;

  private ColumnLabels(
      List<Text> labels, double step, Direction direction, int stride, double fontSize) {
    this.labels = labels;
    this.step = step;
    this.direction = direction;
    this.stride = stride;
    this.fontSize = fontSize;
    this.longest = labels.stream().mapToDouble(Text::width).max().orElse(0);
  }

  /** Lays out labels for columns that are {@code step} pixels wide. */
  static ColumnLabels of(List<String> labels, double step) {
    Font font = Style.labelFont();
    double widest = labels.stream().mapToDouble(l -> Text.width(l, font)).max().orElse(0);
    if (widest <= step - 4) {
      return laidOut(labels, step, Direction.LEVEL, 1, font);
    }
    if (labels.stream().allMatch(label -> label.matches("-?\\d+"))) {
      return laidOut(labels, step, Direction.LEVEL, Ticks.stride((widest + 8) / step), font);
    }
    if (step >= 17) {
      return laidOut(labels, step, Direction.SLANTED, 1, font);
    }
    Font small = Fonts.regular(Math.max(8, Math.min(11, step - 1)));
    int stride = Ticks.stride((small.getSize2D() + 1) / step);
    return laidOut(labels, step, Direction.UPRIGHT, stride, small);
  }

  private static ColumnLabels laidOut(
      List<String> labels, double step, Direction direction, int stride, Font font) {
    double limit = direction == Direction.LEVEL ? Double.MAX_VALUE : LONGEST;
    List<Text> texts = labels.stream().map(l -> Text.fitted(l, font, limit)).toList();
    return new ColumnLabels(texts, step, direction, stride, font.getSize2D());
  }

  /** The height from the columns' lower edge to the end of the labels. */
  double height() {
    return TICK
        + switch (direction) {
          case LEVEL -> fontSize + 4;
          case SLANTED -> (longest + fontSize) * Math.sqrt(0.5) + 3;
          case UPRIGHT -> longest + 5;
        };
  }

  /** How far a slanted label reaches to the left of the first column's middle. */
  double overhang() {
    return direction == Direction.SLANTED ? labels.get(0).width() * Math.sqrt(0.5) + 4 : 0;
  }

  /** Draws under columns whose first one begins at x and whose lower edge is y. */
  void paint(Graphics2D g, double x, double y) {
    g.setColor(Style.INK);
    for (int i = 0; i < labels.size(); i += stride) {
      AffineTransform before = g.getTransform();
      double middle = x + (i + 0.5) * step;
      switch (direction) {
        case LEVEL -> labels.get(i).drawAt(g, middle, y + TICK + 2 + fontSize / 2, 0.5);
        case SLANTED -> {
          g.translate(middle + 2, y + TICK + 3);
          g.rotate(-Math.PI / 4);
          labels.get(i).drawAt(g, 0, fontSize * 0.2, 1);
        }
        case UPRIGHT -> {
          g.translate(middle, y + TICK + 1);
          g.rotate(-Math.PI / 2);
          labels.get(i).drawAt(g, 0, 0, 1);
        }
      }
      g.setTransform(before);
    }
  }
}
