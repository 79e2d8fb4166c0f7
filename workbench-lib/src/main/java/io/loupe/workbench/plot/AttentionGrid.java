package io.loupe.workbench.plot;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The attention patterns of all heads as small panels, a row of panels for each layer, with one
 * colour scale for all. In each panel queries go down and keys across; where no query of any head
 * attends to a later key, that triangle stays blank. Immutable.
 */
public final class AttentionGrid extends Figure {
  private static final double SMALLEST_PANEL = 44;
  private static final double LARGEST_PANEL = 150;
  private static final double GAP = 8;
  private static final double LABEL = 14;
  private static final double BAR_GAP = 14;

  private final List<List<Matrix>> patterns; // [layer][head]
  private final List<String> layers;
  private final Range range;
  private final ColorBar bar;
  private final boolean causal;
  private final double panel;
  private final int width;
  private final int height;

  private AttentionGrid(
      List<List<Matrix>> patterns, List<String> layers, Range range, Frame frame) {
    super(frame);
    this.patterns = patterns;
    this.layers = layers;
    this.range = range;
    this.causal = patterns.stream().flatMap(List::stream).allMatch(Matrix::isCausal);
    ColorScale scale = new ColorScale(ColorMap.SEQUENTIAL, range);
    Range data = union(patterns);
    boolean missing =
        patterns.stream()
            .flatMap(List::stream)
            .anyMatch(pattern -> new Cells(pattern, scale, causal).hasMissing());
    this.bar = new ColorBar(scale, data, "attention", missing, true);
    double beside = 2 * Style.PADDING + BAR_GAP + bar.width();
    this.panel = panelSize(frame, beside);
    double across = mostHeads() * (panel + GAP) - GAP + beside;
    this.width = frame.isNatural() ? (int) Math.ceil(across) : frame.width();
    double down = top(width) + patterns.size() * (panel + LABEL + GAP) + 22;
    this.height = frame.isNatural() ? (int) Math.ceil(Math.max(down, 140)) : frame.height();
  }

  static AttentionGrid of(double[][][][] patterns) {
    if (patterns.length == 0 || patterns[0].length == 0) {
      throw new IllegalArgumentException(
          "Expected patterns [layer][head][query][key] of at least one head, got none");
    }
    List<List<Matrix>> copies = new ArrayList<>();
    for (int layer = 0; layer < patterns.length; layer++) {
      List<Matrix> heads = new ArrayList<>();
      for (int head = 0; head < patterns[layer].length; head++) {
        heads.add(Matrix.copyOf(patterns[layer][head], "the pattern of L" + layer + "H" + head));
      }
      copies.add(List.copyOf(heads));
    }
    Range all = union(copies);
    Range range = new Range(Math.min(0, all.min()), Math.max(all.max(), 1e-6));
    List<String> layers = Matrix.labels(List.of(), patterns.length, "layer");
    return new AttentionGrid(List.copyOf(copies), layers, range, Frame.NATURAL);
  }

  /**
   * Says which layers of the model these are, where they are not 0, 1, 2, ...: panels are labelled
   * {@code L<layer>H<head>}.
   *
   * @throws IllegalArgumentException if there is not one number a layer
   */
  public AttentionGrid layers(List<Integer> numbers) {
    List<String> labels = numbers.stream().map(String::valueOf).toList();
    return new AttentionGrid(
        patterns, Matrix.labels(labels, patterns.size(), "layer"), range, frame());
  }

  /** Sets the values at the ends of the colour bar; values beyond have the colour of the end. */
  public AttentionGrid range(double min, double max) {
    return new AttentionGrid(patterns, layers, new Range(min, max), frame());
  }

  /** Sets the title, as {@link #withTitle} does. */
  public AttentionGrid title(String title) {
    return withTitle(title);
  }

  @Override
  public AttentionGrid withTitle(String title) {
    return new AttentionGrid(patterns, layers, range, frame().withTitle(title));
  }

  @Override
  public AttentionGrid withSize(int newWidth, int newHeight) {
    return new AttentionGrid(patterns, layers, range, frame().withSize(newWidth, newHeight));
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public int height() {
    return height;
  }

  @Override
  public String description() {
    return "%s: %s layers x %s heads, %s"
        .formatted(
            title().isBlank() ? "Attention patterns" : title().replaceAll("\\s+", " "),
            patterns.size(),
            mostHeads(),
            ColorBar.describe(new ColorScale(ColorMap.SEQUENTIAL, range)));
  }

  @Override
  void paint(Graphics2D g) {
    frame().paintTitle(g, width);
    double top = top(width);
    for (int layer = 0; layer < patterns.size(); layer++) {
      for (int head = 0; head < patterns.get(layer).size(); head++) {
        double x = Style.PADDING + head * (panel + GAP);
        double y = top + layer * (panel + LABEL + GAP);
        paintPanel(g, layer, head, x, y);
      }
    }
    double end = top + patterns.size() * (panel + LABEL + GAP);
    double middle = Style.PADDING + (mostHeads() * (panel + GAP) - GAP) / 2;
    g.setColor(Style.SOFT_INK);
    Text.fitted("in each panel: query ↓, key →", Style.labelFont(), width - 2.0 * Style.PADDING)
        .drawAt(g, Math.max(middle, Style.PADDING + 80), end + 6, 0.5);
    double barX = Style.PADDING + mostHeads() * (panel + GAP) - GAP + BAR_GAP;
    bar.paint(g, barX, top + LABEL, bar.height(end - top - LABEL - GAP));
  }

  private void paintPanel(Graphics2D g, int layer, int head, double x, double y) {
    Font font = Fonts.regular(panel >= 60 ? 10 : 8.5);
    g.setColor(Style.INK);
    Text.of("L" + layers.get(layer) + "H" + head, font)
        .drawAt(g, x + panel / 2, y + LABEL / 2 - 1, 0.5);
    Cells cells =
        new Cells(
            patterns.get(layer).get(head), new ColorScale(ColorMap.SEQUENTIAL, range), causal);
    cells.paintImage(g, x, y + LABEL, panel, panel);
    g.setColor(Style.FRAME);
    g.setStroke(Style.HAIR);
    g.draw(new Rectangle2D.Double(x, y + LABEL, panel, panel));
  }

  private double panelSize(Frame frame, double beside) {
    double across =
        ((frame.isNatural() ? Style.NOTEBOOK_WIDTH : frame.width()) - beside + GAP) / mostHeads()
            - GAP;
    if (frame.isNatural()) {
      return Math.floor(Math.max(SMALLEST_PANEL, Math.min(LARGEST_PANEL, across)));
    }
    double down = (frame.height() - top(frame.width()) - 22) / patterns.size() - LABEL - GAP;
    return Math.floor(Math.max(4, Math.min(across, down)));
  }

  private double top(double figureWidth) {
    return Style.PADDING + frame().titleHeight(figureWidth);
  }

  private int mostHeads() {
    return patterns.stream().mapToInt(List::size).max().orElse(0);
  }

  private static Range union(List<List<Matrix>> patterns) {
    Range[] ranges =
        patterns.stream().flatMap(List::stream).map(Matrix::range).toArray(Range[]::new);
    double min = Arrays.stream(ranges).mapToDouble(Range::min).min().orElse(0);
    double max = Arrays.stream(ranges).mapToDouble(Range::max).max().orElse(1);
    return new Range(min, max);
  }
}
