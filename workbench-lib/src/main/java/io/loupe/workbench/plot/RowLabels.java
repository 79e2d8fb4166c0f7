package io.loupe.workbench.plot;

import java.awt.Font;
import java.awt.Graphics2D;
import java.util.List;

/**
 * The labels to the left of the rows of a figure, set to the right, in smaller letters where rows
 * are low, and only every so many where even that is too dense.
 */
final class RowLabels {
  private static final double LONGEST = 150;
  private static final double GAP = 6;

  private final List<Text> labels;
  private final double step;
  private final int stride;

  private RowLabels(List<Text> labels, double step, int stride) {
    this.labels = labels;
    this.step = step;
    this.stride = stride;
  }

  /** Lays out labels for rows that are {@code step} pixels high. */
  static RowLabels of(List<String> labels, double step) {
    Font font = Fonts.regular(Math.max(8, Math.min(11, step - 1)));
    int stride = Ticks.stride((font.getSize2D() + 1) / step);
    List<Text> texts = labels.stream().map(l -> Text.fitted(l, font, LONGEST)).toList();
    return new RowLabels(texts, step, stride);
  }

  double width() {
    return labels.stream().mapToDouble(Text::width).max().orElse(0) + GAP;
  }

  /** Draws left of rows whose left edge is x and whose first one begins at y. */
  void paint(Graphics2D g, double x, double y) {
    g.setColor(Style.INK);
    for (int i = 0; i < labels.size(); i += stride) {
      labels.get(i).drawAt(g, x - GAP, y + (i + 0.5) * step, 1);
    }
  }
}
