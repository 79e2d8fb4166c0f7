package io.loupe.workbench.plot;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Named lines over a common x axis, each with an error band or without. A gap in a line is a NaN.
 * Immutable: {@link Plots#lines} is empty, and each {@code series} adds one.
 */
public final class LineChart extends ChartFigure {
  private static final int MOST_MARKED = 40;

  private final List<Series> series;
  private final Axes axes;

  LineChart(List<Series> series, Axes axes, Frame frame) {
    super(frame);
    series.forEach(axes::check);
    this.series = series;
    this.axes = axes;
  }

  /** Adds a line over 0, 1, 2, ... */
  public LineChart series(String name, double[] y) {
    return series(name, Series.indices(y.length), y);
  }

  /**
   * Adds a line.
   *
   * @throws IllegalArgumentException if x and y differ in length, or the name is taken
   */
  public LineChart series(String name, double[] x, double[] y) {
    return with(Series.plus(series, new Series(name, x, y, null, null)), axes);
  }

  /**
   * Adds a line with an error band.
   *
   * @param low the band's lower end at each x
   * @param high the band's upper end at each x
   * @throws IllegalArgumentException if lengths differ, an end is on the wrong side of the other,
   *     or the name is taken
   */
  public LineChart series(String name, double[] x, double[] y, double[] low, double[] high) {
    return with(Series.plus(series, new Series(name, x, y, low, high)), axes);
  }

  /** Names the x axis. */
  public LineChart xLabel(String label) {
    return with(series, axes.withX(label));
  }

  /** Names the y axis. */
  public LineChart yLabel(String label) {
    return with(series, axes.withY(label));
  }

  /**
   * Makes the x axis logarithmic.
   *
   * @throws IllegalArgumentException if an x is not positive
   */
  public LineChart logX() {
    return with(series, axes.withLog(true, axes.logY()));
  }

  /**
   * Makes the y axis logarithmic.
   *
   * @throws IllegalArgumentException if a y, or an end of a band, is not positive
   */
  public LineChart logY() {
    return with(series, axes.withLog(axes.logX(), true));
  }

  /** Sets the title, as {@link #withTitle} does. */
  public LineChart title(String title) {
    return withTitle(title);
  }

  @Override
  public LineChart withTitle(String title) {
    return new LineChart(series, axes, frame().withTitle(title));
  }

  @Override
  public LineChart withSize(int width, int height) {
    return new LineChart(series, axes, frame().withSize(width, height));
  }

  @Override
  public String description() {
    return "%s: %s".formatted(titled("Lines"), names());
  }

  @Override
  XYChart build(int width, int height) {
    if (series.isEmpty()) {
      throw new IllegalArgumentException("A line chart needs data: call series(name, y) first");
    }
    XYChart chart = new XYChart(width, height);
    style(chart, axes, names());
    scale(
        chart.getStyler(),
        AxisScale.of(series.stream().flatMapToDouble(s -> DoubleStream.of(s.x())), axes.logX()),
        AxisScale.of(series.stream().flatMapToDouble(Series::heights), axes.logY()));
    for (int i = 0; i < series.size(); i++) {
      if (series.get(i).hasInterval()) {
        addBand(chart, series.get(i), i);
      }
    }
    for (int i = 0; i < series.size(); i++) {
      Series line = series.get(i);
      XYSeries added = chart.addSeries(line.name(), line.x(), line.y());
      added.setLineColor(Style.series(i));
      added.setMarkerColor(Style.series(i));
      added.setLineStyle(SeriesLines.SOLID).setLineWidth(1.8f);
      added.setMarker(line.size() <= MOST_MARKED ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    }
    chart.getStyler().setMarkerSize(5);
    return chart;
  }

  /** XChart fills a polygon: along the upper ends, and back along the lower ones. */
  private static void addBand(XYChart chart, Series line, int index) {
    int[] there =
        IntStream.range(0, line.size())
            .filter(i -> Double.isFinite(line.low(i)) && Double.isFinite(line.high(i)))
            .toArray();
    double[] x = line.x();
    DoubleStream forth = IntStream.of(there).mapToDouble(i -> x[i]);
    DoubleStream back = reversed(there).mapToDouble(i -> x[i]);
    DoubleStream upper = IntStream.of(there).mapToDouble(line::high);
    DoubleStream lower = reversed(there).mapToDouble(line::low);
    if (there.length == 0) {
      return;
    }
    XYSeries band =
        chart.addSeries(
            line.name() + " (band)",
            DoubleStream.concat(forth, back).toArray(),
            DoubleStream.concat(upper, lower).toArray());
    band.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
    band.setFillColor(Style.withAlpha(Style.series(index), 45));
    band.setLineColor(Style.withAlpha(Style.series(index), 0));
    band.setLineStyle(SeriesLines.NONE);
    band.setMarker(SeriesMarkers.NONE);
    band.setShowInLegend(false);
  }

  private static IntStream reversed(int[] values) {
    return IntStream.range(0, values.length).map(i -> values[values.length - 1 - i]);
  }

  private List<String> names() {
    return series.stream().map(Series::name).toList();
  }

  private LineChart with(List<Series> newSeries, Axes newAxes) {
    return new LineChart(newSeries, newAxes, frame());
  }
}
