package io.loupe.workbench.plot;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.font.FontRenderContext;
import java.awt.font.GlyphVector;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.text.Bidi;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One line of text in the bundled fonts, measured and ready to draw. Characters that neither font
 * has are drawn as a small box with their code, so that nothing is ever lost.
 */
final class Text {
  static final FontRenderContext CONTEXT = new FontRenderContext(null, true, true);

  private final List<Run> runs;
  private final double width;
  private final Font font;

  private Text(List<Run> runs, double width, Font font) {
    this.runs = runs;
    this.width = width;
    this.font = font;
  }

  static Text of(String line, Font font) {
    Builder builder = new Builder(font);
    line.codePoints().forEach(builder::add);
    return builder.build();
  }

  /** Returns the line, cut at the end with an ellipsis if it is wider than so many pixels. */
  static Text fitted(String line, Font font, double maxWidth) {
    Text whole = of(line, font);
    if (whole.width <= maxWidth) {
      return whole;
    }
    int[] codePoints = line.codePoints().toArray();
    int kept = codePoints.length - 1;
    Text cut = of("…", font);
    while (kept > 0) {
      cut = of(new String(codePoints, 0, kept).stripTrailing() + "…", font);
      if (cut.width <= maxWidth) {
        break;
      }
      kept--;
    }
    return cut;
  }

  static double width(String line, Font font) {
    return of(line, font).width;
  }

  /** The advance of the line in pixels. */
  double width() {
    return width;
  }

  /** Draws in the graphics' colour with the left end of the baseline at x, y. */
  void draw(Graphics2D g, double x, double y) {
    for (Run run : runs) {
      run.draw(g, x, y);
    }
  }

  /**
   * Draws with the middle of the letters' height at y, and at x the left end (0), the middle (0.5)
   * or the right end (1).
   */
  void drawAt(Graphics2D g, double x, double y, double alignment) {
    draw(g, x - alignment * width, y + 0.36 * font.getSize2D());
  }

  private interface Run {
    void draw(Graphics2D g, double x, double y);
  }

  private record Glyphs(GlyphVector glyphs, double offset) implements Run {
    @Override
    public void draw(Graphics2D g, double x, double y) {
      if (g instanceof SvgGraphics svg) {
        svg.drawGlyphVector(glyphs, (float) (x + offset), (float) y);
      } else { // outlines, because hinted glyph images depend on the machine's settings
        g.fill(glyphs.getOutline((float) (x + offset), (float) y));
      }
    }
  }

  private record Boxed(Shape box, double offset) implements Run {
    @Override
    public void draw(Graphics2D g, double x, double y) {
      g.translate(x + offset, y);
      g.fill(box);
      g.translate(-x - offset, -y);
    }
  }

  private static final class Builder {
    private final Font font;
    private final List<Run> runs = new ArrayList<>();
    private final StringBuilder pending = new StringBuilder();
    private Font pendingFont;
    private double width;

    Builder(Font font) {
      this.font = font;
      this.pendingFont = font;
    }

    void add(int codePoint) {
      int type = Character.getType(codePoint);
      boolean unseen = type == Character.FORMAT || (codePoint >= 0xFE00 && codePoint <= 0xFE0F);
      if (unseen && (pending.length() > 0 || !runs.isEmpty())) {
        return; // joiners and variation selectors only change the character before them
      }
      if (!unseen && font.canDisplay(codePoint)) {
        append(codePoint, font);
        return;
      }
      Font fallback = Fonts.fallback(font.getSize2D());
      if (!unseen && fallback.canDisplay(codePoint)) {
        append(codePoint, fallback);
      } else {
        flush();
        box(codePoint);
      }
    }

    Text build() {
      flush();
      return new Text(List.copyOf(runs), width, font);
    }

    private void append(int codePoint, Font wanted) {
      if (!wanted.equals(pendingFont)) {
        flush();
        pendingFont = wanted;
      }
      pending.appendCodePoint(codePoint);
    }

    private void flush() {
      if (pending.length() == 0) {
        return;
      }
      char[] chars = pending.toString().toCharArray();
      int direction =
          Bidi.requiresBidi(chars, 0, chars.length)
              ? Font.LAYOUT_RIGHT_TO_LEFT
              : Font.LAYOUT_LEFT_TO_RIGHT;
      GlyphVector glyphs =
          pendingFont.layoutGlyphVector(CONTEXT, chars, 0, chars.length, direction);
      runs.add(new Glyphs(glyphs, width));
      width += glyphs.getGlyphPosition(glyphs.getNumGlyphs()).getX();
      pending.setLength(0);
    }

    /** A box with the code in hexadecimal digits, in two lines. */
    private void box(int codePoint) {
      String code = String.format(Locale.ROOT, codePoint > 0xFFFF ? "%06X" : "%04X", codePoint);
      Font small = font.deriveFont(font.getSize2D() * 0.45f);
      int half = code.length() / 2;
      GlyphVector upper = small.createGlyphVector(CONTEXT, code.substring(0, half));
      GlyphVector lower = small.createGlyphVector(CONTEXT, code.substring(half));
      double inner = Math.max(advance(upper), advance(lower));
      double size = font.getSize2D();
      double line = Math.max(0.5, size * 0.05);
      double boxWidth = inner + 4 * line + 1;
      Path2D.Double shape = new Path2D.Double(Path2D.WIND_EVEN_ODD);
      double top = -size * 0.88;
      double height = size * 1.04;
      shape.append(new Rectangle2D.Double(0.5, top, boxWidth, height), false);
      shape.append(
          new Rectangle2D.Double(0.5 + line, top + line, boxWidth - 2 * line, height - 2 * line),
          false);
      float left = (float) (0.5 + 2 * line + 0.5);
      shape.append(upper.getOutline(left, (float) (top + 0.47 * size)), false);
      shape.append(lower.getOutline(left, (float) (top + 0.93 * size)), false);
      runs.add(new Boxed(shape, width));
      width += boxWidth + 1;
    }

    private static double advance(GlyphVector glyphs) {
      return glyphs.getGlyphPosition(glyphs.getNumGlyphs()).getX();
    }
  }
}
