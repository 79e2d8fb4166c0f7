package io.loupe.workbench.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.List;

/**
 * A matrix as coloured cells, row 0 at the top, with labels on both axes and a colour bar. Cells
 * without a value (NaN) are grey and hatched, and the legend says so. Where the data, or the range
 * asked for, have negative values, the colours diverge from zero; otherwise they go from dark to
 * light; {@link #diverging} and {@link #sequential} decide it by hand. Immutable.
 */
public final class Heatmap extends Figure {
  private final Matrix values;
  private final HeatmapOptions options;
  private final ColorScale scale;
  private final Cells cells;
  private final HeatmapLayout layout;
  private final ColorBar bar;

  Heatmap(Matrix values, HeatmapOptions options, Frame frame) {
    super(frame);
    this.values = values;
    this.options = options.checkedFor(values);
    this.scale = options.scale(values);
    this.cells = new Cells(values, scale, options.causal());
    boolean hasBar = values.hasFinite() || options.range() != null;
    this.bar =
        new ColorBar(scale, values.range(), options.colorLabel(), cells.hasMissing(), hasBar);
    this.layout = new HeatmapLayout(this, bar);
  }

  /**
   * Labels the rows; whitespace at the ends of a label is made visible.
   *
   * @throws IllegalArgumentException if there is not one label a row
   */
  public Heatmap rows(List<String> labels) {
    return with(options.withRows(labels));
  }

  /**
   * Labels the columns; whitespace at the ends of a label is made visible.
   *
   * @throws IllegalArgumentException if there is not one label a column
   */
  public Heatmap columns(List<String> labels) {
    return with(options.withColumns(labels));
  }

  /** Names the axis of the columns. */
  public Heatmap xLabel(String label) {
    return with(options.withAxisLabels(label, options.yLabel(), options.colorLabel()));
  }

  /** Names the axis of the rows. */
  public Heatmap yLabel(String label) {
    return with(options.withAxisLabels(options.xLabel(), label, options.colorLabel()));
  }

  /** Names what the colours stand for, beside the colour bar. */
  public Heatmap colorLabel(String label) {
    return with(options.withAxisLabels(options.xLabel(), options.yLabel(), label));
  }

  /** Sets the title, as {@link #withTitle} does. */
  public Heatmap title(String title) {
    return withTitle(title);
  }

  /** Uses red, near-white and blue for negative, zero and positive values, as far on each side. */
  public Heatmap diverging() {
    return with(options.withColors(ColorMap.DIVERGING, options.range()));
  }

  /** Uses colours from dark (least) to light (most). */
  public Heatmap sequential() {
    return with(options.withColors(ColorMap.SEQUENTIAL, options.range()));
  }

  /** Sets the values at the ends of the colour bar; values beyond have the colour of the end. */
  public Heatmap range(double min, double max) {
    return range(new Range(min, max));
  }

  /** Sets the values at the ends of the colour bar; values beyond have the colour of the end. */
  public Heatmap range(Range range) {
    return with(options.withColors(options.map(), range));
  }

  /**
   * Writes into the cells; {@code \n} begins a new line, and {@link TokenText#visible} shows a
   * token's own line ends and spaces.
   *
   * @param text one text for each cell, [row][column]; empty texts are allowed
   * @throws IllegalArgumentException if there is not one text a cell
   */
  public Heatmap cellText(String[][] text) {
    return with(options.withCellText(Arrays.stream(text).map(Arrays::asList).toList()));
  }

  /** Leaves cells blank that lie above the diagonal which ends in the last cell of the last row. */
  public Heatmap causal() {
    return with(options.withShape(true, options.square()));
  }

  /** Keeps cells as wide as they are high. */
  public Heatmap square() {
    return with(options.withShape(options.causal(), true));
  }

  @Override
  public Heatmap withTitle(String title) {
    return new Heatmap(values, options, frame().withTitle(title));
  }

  @Override
  public Heatmap withSize(int width, int height) {
    return new Heatmap(values, options, frame().withSize(width, height));
  }

  @Override
  public int width() {
    return layout.width;
  }

  @Override
  public int height() {
    return layout.height;
  }

  @Override
  public String description() {
    return "%s: %s rows%s x %s columns%s, %s"
        .formatted(
            title().isBlank() ? "Heat map" : "Heat map: " + title().replaceAll("\\s+", " "),
            values.rows(),
            named(options.yLabel()),
            values.columns(),
            named(options.xLabel()),
            ColorBar.describe(scale));
  }

  private static String named(String label) {
    return label.isBlank() ? "" : " (" + label + ")";
  }

  @Override
  void paint(Graphics2D g) {
    frame().paintTitle(g, width());
    double plotWidth = layout.plotWidth;
    double plotHeight = layout.plotHeight;
    cells.paint(g, layout.plotX, layout.plotY, plotWidth, plotHeight);
    if (layout.cellWidth < 14 || layout.cellHeight < 14) {
      g.setColor(Style.FRAME);
      g.setStroke(Style.THIN);
      g.draw(new Rectangle2D.Double(layout.plotX, layout.plotY, plotWidth, plotHeight));
    }
    cellText().paint(g, layout, cells);
    layout.rowLabels.paint(g, layout.plotX, layout.plotY);
    layout.columnLabels.paint(g, layout.plotX, layout.plotY + plotHeight);
    paintAxisTitles(g, plotWidth, plotHeight);
    bar.paint(g, layout.barX, layout.plotY, layout.barHeight);
  }

  private void paintAxisTitles(Graphics2D g, double plotWidth, double plotHeight) {
    double middle = layout.plotX + plotWidth / 2;
    double under = layout.plotY + plotHeight + layout.columnLabels.height() + 9;
    AxisTitle.level(g, options.xLabel(), middle, under, layout.width);
    double beside = layout.plotX - layout.rowLabels.width() - 11;
    double room = layout.height - 2 * Style.GAP;
    AxisTitle.upright(g, options.yLabel(), beside, layout.plotY + plotHeight / 2, room);
  }

  Matrix values() {
    return values;
  }

  HeatmapOptions options() {
    return options;
  }

  HeatmapLayout layout() {
    return layout;
  }

  CellText cellText() {
    return new CellText(options.cellText());
  }

  private Heatmap with(HeatmapOptions changed) {
    return new Heatmap(values, changed, frame());
  }
}
