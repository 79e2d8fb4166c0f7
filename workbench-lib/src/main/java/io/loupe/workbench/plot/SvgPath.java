package io.loupe.workbench.plot;

import java.awt.Shape;
import java.awt.geom.PathIterator;

/** Writes shapes as SVG path data with two decimals, as short as that goes. */
final class SvgPath {
  private final StringBuilder out = new StringBuilder();
  private final double[] points = new double[6];
  private long x; // the current point, in hundredths
  private long y;
  private long startX;
  private long startY;

  private SvgPath() {}

  static String of(Shape shape) {
    SvgPath path = new SvgPath();
    for (PathIterator i = shape.getPathIterator(null); !i.isDone(); i.next()) {
      path.append(i.currentSegment(path.points));
    }
    return path.out.toString();
  }

  static String number(double value) {
    StringBuilder text = new StringBuilder();
    appendHundredths(text, Math.round(value * 100));
    return text.toString();
  }

  private void append(int segment) {
    switch (segment) {
      case PathIterator.SEG_MOVETO -> {
        command('M', 1);
        startX = x;
        startY = y;
      }
      case PathIterator.SEG_LINETO -> line();
      case PathIterator.SEG_QUADTO -> command('Q', 2);
      case PathIterator.SEG_CUBICTO -> command('C', 3);
      default -> {
        out.append('Z');
        x = startX;
        y = startY;
      }
    }
  }

  private void line() {
    long toX = Math.round(points[0] * 100);
    long toY = Math.round(points[1] * 100);
    if (toX == x && toY == y) {
      return;
    }
    if (toY == y) {
      appendHundredths(out.append('H'), toX);
    } else if (toX == x) {
      appendHundredths(out.append('V'), toY);
    } else {
      command('L', 1);
    }
    x = toX;
    y = toY;
  }

  private void command(char letter, int pairs) {
    out.append(letter);
    for (int i = 0; i < 2 * pairs; i++) {
      long value = Math.round(points[i] * 100);
      if (i > 0 && value >= 0) {
        out.append(' ');
      }
      appendHundredths(out, value);
    }
    x = Math.round(points[2 * pairs - 2] * 100);
    y = Math.round(points[2 * pairs - 1] * 100);
  }

  private static void appendHundredths(StringBuilder out, long value) {
    long size = Math.abs(value);
    if (value < 0) {
      out.append('-');
    }
    long fraction = size % 100;
    if (size >= 100 || fraction == 0) {
      out.append(size / 100);
    }
    if (fraction != 0) {
      out.append('.').append(fraction / 10);
      if (fraction % 10 != 0) {
        out.append(fraction % 10);
      }
    }
  }
}
