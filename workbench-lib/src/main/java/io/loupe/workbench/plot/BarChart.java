package io.loupe.workbench.plot;

import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;

/**
 * Bars from zero, in the order given: a group of bars for each category, a bar in it for each
 * series, with error bars or without. A NaN is a missing bar. Immutable: {@link Plots#bars} names
 * the categories, and each {@code series} adds one.
 */
public final class BarChart extends ChartFigure {
  private static final double FILLED = 0.8;
  private static final double WHISKER = 3.5;

  /** What XChart leaves around the plot at most: padding, tick labels and an axis title. */
  private static final double AROUND = 110;

  private final List<String> categories;
  private final List<Series> series;
  private final Axes axes;
  private final boolean horizontal;

  BarChart(
      List<String> categories, List<Series> series, Axes axes, boolean horizontal, Frame frame) {
    super(frame);
    if (categories.isEmpty()) {
      throw new IllegalArgumentException("Expected at least one category, got none");
    }
    this.categories = List.copyOf(categories);
    this.series = series;
    this.axes = axes;
    this.horizontal = horizontal;
  }

  /**
   * Adds a bar to each category.
   *
   * @throws IllegalArgumentException if there is not one value a category, or the name is taken
   */
  public BarChart series(String name, double[] values) {
    return plus(new Series(name, Series.indices(values.length), values, null, null));
  }

  /**
   * Adds a bar with an error bar to each category.
   *
   * @param low the lower end of each error bar
   * @param high the upper end of each error bar
   * @throws IllegalArgumentException if lengths do not fit, an end is on the wrong side of the
   *     other, or the name is taken
   */
  public BarChart series(String name, double[] values, double[] low, double[] high) {
    return plus(new Series(name, Series.indices(values.length), values, low, high));
  }

  /** Lets the bars lie, with the first category at the top. */
  public BarChart horizontal() {
    return new BarChart(categories, series, axes, true, frame());
  }

  /** Names the x axis: the categories', or the values' of lying bars. */
  public BarChart xLabel(String label) {
    return new BarChart(categories, series, axes.withX(label), horizontal, frame());
  }

  /** Names the y axis: the values', or the categories' of lying bars. */
  public BarChart yLabel(String label) {
    return new BarChart(categories, series, axes.withY(label), horizontal, frame());
  }

  /** Sets the title, as {@link #withTitle} does. */
  public BarChart title(String title) {
    return withTitle(title);
  }

  @Override
  public BarChart withTitle(String title) {
    return new BarChart(categories, series, axes, horizontal, frame().withTitle(title));
  }

  @Override
  public BarChart withSize(int width, int height) {
    return new BarChart(categories, series, axes, horizontal, frame().withSize(width, height));
  }

  @Override
  public String description() {
    return "%s: %s for %s categories".formatted(titled("Bars"), names(), categories.size());
  }

  @Override
  int naturalHeight() {
    if (!horizontal) {
      return super.naturalHeight();
    }
    double row = Math.max(18, 11.0 * series.size() + 5);
    double title = frame().titleHeight(width()) + AxisTitle.room(axes.xLabel());
    return (int) Math.min(1600, Math.max(160, categories.size() * row + title + 60));
  }

  @Override
  double roomLeft() {
    if (!horizontal) {
      return 0;
    }
    double step = (double) height() / categories.size();
    return RowLabels.of(visible(), step).width() + AxisTitle.room(axes.yLabel());
  }

  @Override
  double roomBelow() {
    return horizontal
        ? 0
        : columnLabels((width() - AROUND - legendWidth()) / categories.size()).height()
            + AxisTitle.room(axes.xLabel());
  }

  @Override
  AxesChart<?, ?> build(int width, int height) {
    AxesChart<?, ?> chart = bars(width, height);
    AxesChartStyler styler = chart.getStyler();
    if (horizontal) {
      chart.setYAxisTitle("");
      styler.setYAxisTicksVisible(false);
    } else {
      chart.setXAxisTitle("");
      styler.setXAxisTicksVisible(false);
    }
    chart.addAnnotation(
        new Overlay(values(), values(), (g, overlay) -> paintCategories(g, overlay, styler)));
    return chart;
  }

  @Override
  public Optional<Chart<?, ?>> chart() {
    Fonts.prepare();
    Chart<?, ?> chart = bars(width(), height());
    chart.setTitle(title());
    return Optional.of(chart);
  }

  /** Builds the chart with XChart's own category labels. */
  private AxesChart<?, ?> bars(int width, int height) {
    if (series.isEmpty()) {
      throw new IllegalArgumentException("A bar chart needs data: call series(name, values) first");
    }
    AxesChart<?, ?> chart = horizontal ? lying(width, height) : standing(width, height);
    AxesChartStyler styler = chart.getStyler();
    styler.setLegendPosition(LegendPosition.OutsideE);
    styler.setLegendLayout(LegendLayout.Vertical);
    chart.addAnnotation(
        new Overlay(values(), values(), (g, overlay) -> paintIntervals(g, overlay, styler)));
    return chart;
  }

  private CategoryChart standing(int width, int height) {
    CategoryChart chart = new CategoryChart(width, height);
    style(chart, axes, names());
    for (int i = 0; i < series.size(); i++) {
      List<Double> values = DoubleStream.of(series.get(i).y()).boxed().toList();
      chart.addSeries(series.get(i).name(), unique(), values).setFillColor(Style.series(i));
    }
    chart.getStyler().setAvailableSpaceFill(FILLED);
    chart.getStyler().setPlotGridVerticalLinesVisible(false);
    chart.getStyler().setYAxisMin(valueRange().min()).setYAxisMax(valueRange().max());
    chart.getStyler().setXAxisLabelRotation(categories.size() > 8 ? 45 : 0);
    return chart;
  }

  private HorizontalBarChart lying(int width, int height) {
    HorizontalBarChart chart = new HorizontalBarChart(width, height);
    style(chart, axes, names());
    for (int i = 0; i < series.size(); i++) {
      List<Double> values = new ArrayList<>();
      for (double value : series.get(i).y()) {
        values.add(Double.isNaN(value) ? 0 : value); // no bar, as a missing one
      }
      chart.addSeries(series.get(i).name(), values, unique()).setFillColor(Style.series(i));
    }
    chart.getStyler().setAvailableSpaceFill(FILLED);
    chart.getStyler().setPlotGridHorizontalLinesVisible(false);
    chart.getStyler().setXAxisMin(valueRange().min()).setXAxisMax(valueRange().max());
    return chart;
  }

  private AxisScale values() {
    return new AxisScale(valueRange(), false);
  }

  /** The range of all bars and error bars with zero in it, and a little room at the ends. */
  private Range valueRange() {
    double[] all = series.stream().flatMapToDouble(Series::heights).toArray();
    double min = Math.min(0, DoubleStream.of(all).min().orElse(0));
    double max = Math.max(0, DoubleStream.of(all).max().orElse(0));
    if (min == max) {
      return new Range(0, 1);
    }
    double room = 0.04 * (max - min);
    return new Range(min < 0 ? min - room : 0, max > 0 ? max + room : 0);
  }

  /** XChart takes equal categories for one: it gets numbered ones where names repeat. */
  private List<String> unique() {
    List<String> labels = visible();
    if (labels.stream().distinct().count() == labels.size() && !labels.contains("")) {
      return labels;
    }
    List<String> numbered = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      numbered.add(i + " " + labels.get(i));
    }
    return numbered;
  }

  /** Draws the zero line, the error bars and nothing else. */
  private void paintIntervals(Graphics2D g, Overlay overlay, AxesChartStyler styler) {
    Rectangle2D plot = overlay.plot();
    g.setStroke(Style.THIN);
    g.setColor(Style.SOFT_INK);
    if (horizontal) {
      g.draw(new Line2D.Double(overlay.x(0), plot.getMinY(), overlay.x(0), plot.getMaxY()));
    } else {
      g.draw(new Line2D.Double(plot.getMinX(), overlay.y(0), plot.getMaxX(), overlay.y(0)));
    }
    double step = step(overlay, styler);
    g.setColor(Style.INK);
    for (int s = 0; s < series.size(); s++) {
      for (int c = 0; c < categories.size() && series.get(s).hasInterval(); c++) {
        double share = (1 - FILLED) / 2 + FILLED * (s + 0.5) / series.size();
        double middle = start(overlay, styler) + (c + share) * step;
        double half = Math.min(WHISKER, step * FILLED / series.size() / 3);
        paintInterval(g, overlay, middle, half, series.get(s).low(c), series.get(s).high(c));
      }
    }
  }

  private void paintInterval(
      Graphics2D g, Overlay overlay, double middle, double half, double low, double high) {
    if (!Double.isFinite(low) || !Double.isFinite(high)) {
      return;
    }
    double from = horizontal ? overlay.x(low) : overlay.y(low);
    double to = horizontal ? overlay.x(high) : overlay.y(high);
    g.draw(line(from, middle, to, middle));
    g.draw(line(from, middle - half, from, middle + half));
    g.draw(line(to, middle - half, to, middle + half));
  }

  /** Returns a line; along the values first, across them second. */
  private Line2D line(double along1, double across1, double along2, double across2) {
    return horizontal
        ? new Line2D.Double(along1, across1, along2, across2)
        : new Line2D.Double(across1, along1, across2, along2);
  }

  private void paintCategories(Graphics2D g, Overlay overlay, AxesChartStyler styler) {
    Rectangle2D plot = overlay.plot();
    double step = step(overlay, styler);
    if (horizontal) {
      RowLabels labels = RowLabels.of(visible(), step);
      labels.paint(g, plot.getMinX(), start(overlay, styler));
      double beside = plot.getMinX() - labels.width() - 14;
      AxisTitle.upright(g, axes.yLabel(), beside, plot.getCenterY(), plot.getHeight() + 40);
    } else {
      ColumnLabels labels = columnLabels(step);
      labels.paint(g, start(overlay, styler), plot.getMaxY());
      double under = plot.getMaxY() + labels.height() + 10;
      AxisTitle.level(g, axes.xLabel(), plot.getCenterX(), under, plot.getWidth() + 80);
    }
  }

  private ColumnLabels columnLabels(double step) {
    return ColumnLabels.of(visible(), step);
  }

  /** The width or height of a category, as XChart lays it out. */
  private double step(Overlay overlay, AxesChartStyler styler) {
    return styler.getPlotContentSize() * extent(overlay) / categories.size();
  }

  private double start(Overlay overlay, AxesChartStyler styler) {
    double from = horizontal ? overlay.plot().getMinY() : overlay.plot().getMinX();
    return from + extent(overlay) * (1 - styler.getPlotContentSize()) / 2;
  }

  private double extent(Overlay overlay) {
    return horizontal ? overlay.plot().getHeight() : overlay.plot().getWidth();
  }

  private double legendWidth() {
    return series.size() < 2
        ? 0
        : names().stream().mapToDouble(n -> Text.width(n, Style.labelFont())).max().orElse(0) + 50;
  }

  private List<String> visible() {
    return TokenText.visible(categories);
  }

  private List<String> names() {
    return series.stream().map(Series::name).toList();
  }

  private BarChart plus(Series more) {
    if (more.size() != categories.size()) {
      throw new IllegalArgumentException(
          "Expected %s values in '%s', one for each category, got %s"
              .formatted(categories.size(), more.name(), more.size()));
    }
    return new BarChart(categories, Series.plus(series, more), axes, horizontal, frame());
  }
}
