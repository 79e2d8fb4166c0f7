package io.loupe.workbench.plot;

import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;

/** The name of an axis, beside its labels. */
final class AxisTitle {
  /** The room that an axis title takes, from the labels outwards. */
  private static final double ROOM = 20;

  private AxisTitle() {}

  /** Returns 0 for an empty title. */
  static double room(String title) {
    return title.isBlank() ? 0 : ROOM;
  }

  /** Draws level text with its middle at x, y, cut to a width. */
  static void level(Graphics2D g, String title, double x, double y, double maxWidth) {
    if (!title.isBlank()) {
      g.setColor(Style.INK);
      Text.fitted(title, Style.axisTitleFont(), maxWidth).drawAt(g, x, y, 0.5);
    }
  }

  /** Draws text that reads upwards with its middle at x, y, cut to a length. */
  static void upright(Graphics2D g, String title, double x, double y, double maxLength) {
    AffineTransform before = g.getTransform();
    g.translate(x, y);
    g.rotate(-Math.PI / 2);
    level(g, title, 0, 0, maxLength);
    g.setTransform(before);
  }
}
