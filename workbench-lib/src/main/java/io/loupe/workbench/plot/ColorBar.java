package io.loupe.workbench.plot;

import io.loupe.workbench.display.Numbers;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The legend of a colour scale: a bar with numbers, and a swatch for missing values. A number at an
 * end is marked with ≤ or ≥ where data lie beyond it.
 */
final class ColorBar {
  private static final double BAR = 12;
  private static final double SWATCH_ROOM = 26;
  private static final String MISSING = "no value";

  private final ColorScale scale;
  private final String title;
  private final boolean missing;
  private final List<Double> values;
  private final List<Text> numbers;

  ColorBar(ColorScale scale, Range data, String title, boolean missing) {
    this.scale = scale;
    this.title = title;
    this.missing = missing;
    Ticks ticks = Ticks.in(scale.range(), 5);
    this.values = ticks.values();
    Font font = Fonts.regular(10);
    double slack = 1e-9 * (scale.range().max() - scale.range().min());
    boolean below = data.min() < scale.range().min() - slack;
    boolean above = data.max() > scale.range().max() + slack;
    this.numbers =
        IntStream.range(0, values.size())
            .mapToObj(i -> mark(i, below, above) + ticks.labels().get(i))
            .map(label -> Text.of(label, font))
            .toList();
  }

  private String mark(int tick, boolean below, boolean above) {
    double slack = 1e-9 * (scale.range().max() - scale.range().min());
    if (below && values.get(tick) <= scale.range().min() + slack) {
      return "≤ ";
    }
    return above && values.get(tick) >= scale.range().max() - slack ? "≥ " : "";
  }

  double width() {
    double widest = numbers.stream().mapToDouble(Text::width).max().orElse(0);
    double swatch = missing ? Text.width(MISSING, Fonts.regular(10)) + 18 : 0;
    return Math.max(BAR + 8 + widest + AxisTitle.room(title), swatch);
  }

  /** The height that is good for the bar and the swatch beside a plot of some height. */
  double height(double plotHeight) {
    return Math.max(70, Math.min(240, plotHeight - swatchRoom())) + swatchRoom();
  }

  private double swatchRoom() {
    return missing ? SWATCH_ROOM : 0;
  }

  /** Draws with the upper left corner at x, y; the height is all of it, with the swatch. */
  void paint(Graphics2D g, double x, double y, double height) {
    double bar = height - swatchRoom();
    paintGradient(g, x, y, bar);
    g.setStroke(Style.THIN);
    Range range = scale.range();
    for (int i = 0; i < values.size(); i++) {
      double at = y + bar - (values.get(i) - range.min()) / (range.max() - range.min()) * bar;
      g.setColor(Style.SOFT_INK);
      g.draw(new Line2D.Double(x + BAR, at, x + BAR + 4, at));
      g.setColor(Style.INK);
      numbers.get(i).drawAt(g, x + BAR + 8, at, 0);
    }
    double widest = numbers.stream().mapToDouble(Text::width).max().orElse(0);
    AxisTitle.upright(g, title, x + BAR + 8 + widest + 13, y + bar / 2, bar + 40);
    if (missing) {
      paintSwatch(g, x, y + height - 14);
    }
  }

  private void paintGradient(Graphics2D g, double x, double y, double height) {
    Object before = g.getRenderingHint(RenderingHints.KEY_ANTIALIASING);
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_OFF);
    int steps = 64;
    for (int i = 0; i < steps; i++) {
      Path2D.Double stripe = new Path2D.Double();
      double top = y + i * height / steps;
      stripe.append(new Rectangle2D.Double(x, top, BAR, height / steps), false);
      g.setColor(scale.map().at(1 - (i + 0.5) / steps));
      g.fill(stripe);
    }
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, before);
    g.setColor(Style.FRAME);
    g.setStroke(Style.THIN);
    g.draw(new Rectangle2D.Double(x, y, BAR, height));
  }

  private static void paintSwatch(Graphics2D g, double x, double y) {
    Rectangle2D swatch = new Rectangle2D.Double(x, y, BAR, BAR);
    g.setColor(ColorScale.MISSING);
    g.fill(swatch);
    Cells.hatch(g, swatch);
    g.setColor(Style.FRAME);
    g.draw(swatch);
    g.setColor(Color.BLACK);
    Text.of(MISSING, Fonts.regular(10)).drawAt(g, x + BAR + 6, y + BAR / 2, 0);
  }

  /** Returns the scale in words, for a figure's description. */
  static String describe(ColorScale scale) {
    return "colours from %s to %s"
        .formatted(Numbers.format(scale.range().min()), Numbers.format(scale.range().max()));
  }
}
