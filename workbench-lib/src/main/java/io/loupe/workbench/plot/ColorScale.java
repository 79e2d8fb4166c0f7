package io.loupe.workbench.plot;

import java.awt.Color;

/** A colour map over a range of values; values beyond the range get the colour of its end. */
record ColorScale(ColorMap map, Range range) {
  static final Color MISSING = new Color(0xE4E4E4);
  static final Color MISSING_HATCH = new Color(0x9A9A9A);

  ColorScale {
    if (map == ColorMap.DIVERGING) {
      range = range.symmetric();
    }
  }

  /** Returns the colour of a value; NaN has {@link #MISSING}. */
  Color color(double value) {
    if (Double.isNaN(value)) {
      return MISSING;
    }
    return map.at((value - range.min()) / (range.max() - range.min()));
  }

  /** Returns black or white, whichever reads better on a colour (WCAG contrast). */
  static Color inkOn(Color background) {
    double luminance = luminance(background);
    return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? Style.INK : Color.WHITE;
  }

  static double luminance(Color color) {
    return 0.2126 * linear(color.getRed())
        + 0.7152 * linear(color.getGreen())
        + 0.0722 * linear(color.getBlue());
  }

  private static double linear(int channel) {
    double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
  }
}
