package io.loupe.workbench.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;

/** Sizes and colours that all figures share. Sizes are in pixels. */
final class Style {
  /** The width of a notebook's output: figures that choose their own size stay within it. */
  static final int NOTEBOOK_WIDTH = 900;

  static final int PADDING = 12;
  static final int GAP = 6;

  static final Color INK = new Color(0x222222);
  static final Color SOFT_INK = new Color(0x555555);
  static final Color FRAME = new Color(0xB0B0B0);
  static final Color GRID = new Color(0xE6E6E6);
  static final BasicStroke THIN = new BasicStroke(1f);
  static final BasicStroke DASHED =
      new BasicStroke(
          1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10f, new float[] {5, 4}, 0);

  /** Okabe and Ito's colours, which colour-blind readers can tell apart; yellow is left out. */
  private static final Color[] SERIES = {
    new Color(0x0072B2),
    new Color(0xD55E00),
    new Color(0x009E73),
    new Color(0xCC79A7),
    new Color(0xE69F00),
    new Color(0x56B4E9),
    new Color(0x555555),
    new Color(0x8C564B),
  };

  private Style() {}

  static Font titleFont() {
    return Fonts.bold(13.5);
  }

  static Font axisTitleFont() {
    return Fonts.regular(12);
  }

  static Font labelFont() {
    return Fonts.regular(11);
  }

  /** Returns the colour of the series at an index; colours repeat after eight. */
  static Color series(int index) {
    return SERIES[index % SERIES.length];
  }

  static Color withAlpha(Color color, int alpha) {
    return new Color(color.getRed(), color.getGreen(), color.getBlue(), alpha);
  }
}
