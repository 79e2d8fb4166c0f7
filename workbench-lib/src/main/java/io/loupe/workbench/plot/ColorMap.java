package io.loupe.workbench.plot;

import java.awt.Color;
import java.util.List;
import java.util.stream.IntStream;

/** Colours for numbers; both maps are safe for colour-blind readers. */
final class ColorMap {
  /** An odd number, so that the middle is a level of its own. */
  static final int LEVELS = 257;

  /** ColorBrewer's RdBu: red below the middle, near-white in the middle, blue above. */
  static final ColorMap DIVERGING =
      new ColorMap(
          0x67001F, 0xB2182B, 0xD6604D, 0xF4A582, 0xFDDBC7, 0xF7F7F7, 0xD1E5F0, 0x92C5DE, 0x4393C3,
          0x2166AC, 0x053061);

  /** Matplotlib's viridis: perceptually uniform, dark to light. */
  static final ColorMap SEQUENTIAL =
      new ColorMap(
          0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C, 0x22A884, 0x44BF70, 0x7AD151,
          0xBDDF26, 0xFDE725);

  private final List<Color> levels;

  private ColorMap(int... stops) {
    levels = IntStream.range(0, LEVELS).mapToObj(level -> between(stops, level)).toList();
  }

  /** Returns the colour of the nearest level; the fraction is cut to 0..1. */
  Color at(double fraction) {
    double cut = Math.max(0, Math.min(1, fraction));
    return levels.get((int) Math.round(cut * (LEVELS - 1)));
  }

  private static Color between(int[] stops, int level) {
    double position = (double) level / (LEVELS - 1) * (stops.length - 1);
    int left = Math.min((int) position, stops.length - 2);
    return mix(stops[left], stops[left + 1], position - left);
  }

  private static Color mix(int from, int to, double share) {
    return new Color(
        channel(from, to, 16, share), channel(from, to, 8, share), channel(from, to, 0, share));
  }

  private static int channel(int from, int to, int shift, double share) {
    int a = from >> shift & 0xFF;
    int b = to >> shift & 0xFF;
    return (int) Math.round(a + share * (b - a));
  }
}
