package io.loupe.workbench.plot;

import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Points in named groups, with labels beside them or without. Points with a NaN are left out.
 * Immutable: {@link Plots#scatter} is empty, and each {@code group} adds one.
 */
public final class ScatterChart extends ChartFigure {
  /**
   * @param points x and y
   * @param labels one a point, or empty
   */
  private record Group(Series points, List<String> labels) {}

  private final List<Group> groups;
  private final Axes axes;
  private final boolean diagonal;
  private final boolean zeroLines;

  private ScatterChart(
      List<Group> groups, Axes axes, boolean diagonal, boolean zeroLines, Frame frame) {
    super(frame);
    groups.forEach(group -> axes.check(group.points()));
    this.groups = groups;
    this.axes = axes;
    this.diagonal = diagonal;
    this.zeroLines = zeroLines;
  }

  static ScatterChart empty() {
    return new ScatterChart(List.of(), Axes.PLAIN, false, false, Frame.NATURAL);
  }

  /**
   * Adds points.
   *
   * @throws IllegalArgumentException if x and y differ in length, or the name is taken
   */
  public ScatterChart group(String name, double[] x, double[] y) {
    return group(name, x, y, List.of());
  }

  /**
   * Adds points with a label beside each.
   *
   * @param labels one a point; empty ones are not drawn
   * @throws IllegalArgumentException if lengths differ, or the name is taken
   */
  public ScatterChart group(String name, double[] x, double[] y, List<String> labels) {
    Series points = new Series(name, x, y, null, null);
    Series.plus(groups.stream().map(Group::points).toList(), points);
    List<String> visible =
        labels.isEmpty() ? labels : Matrix.labels(labels, y.length, "point of '" + name + "'");
    Group more = new Group(points, List.copyOf(visible));
    return new ScatterChart(
        Stream.concat(groups.stream(), Stream.of(more)).toList(),
        axes,
        diagonal,
        zeroLines,
        frame());
  }

  /** Draws the line of equal x and y. */
  public ScatterChart diagonal() {
    return new ScatterChart(groups, axes, true, zeroLines, frame());
  }

  /** Draws lines where x and y are zero. */
  public ScatterChart zeroLines() {
    return new ScatterChart(groups, axes, diagonal, true, frame());
  }

  /** Names the x axis. */
  public ScatterChart xLabel(String label) {
    return with(axes.withX(label));
  }

  /** Names the y axis. */
  public ScatterChart yLabel(String label) {
    return with(axes.withY(label));
  }

  /**
   * Makes the x axis logarithmic.
   *
   * @throws IllegalArgumentException if an x is not positive
   */
  public ScatterChart logX() {
    return with(axes.withLog(true, axes.logY()));
  }

  /**
   * Makes the y axis logarithmic.
   *
   * @throws IllegalArgumentException if a y is not positive
   */
  public ScatterChart logY() {
    return with(axes.withLog(axes.logX(), true));
  }

  /** Sets the title, as {@link #withTitle} does. */
  public ScatterChart title(String title) {
    return withTitle(title);
  }

  @Override
  public ScatterChart withTitle(String title) {
    return new ScatterChart(groups, axes, diagonal, zeroLines, frame().withTitle(title));
  }

  @Override
  public ScatterChart withSize(int width, int height) {
    return new ScatterChart(groups, axes, diagonal, zeroLines, frame().withSize(width, height));
  }

  @Override
  public String description() {
    int points = groups.stream().mapToInt(group -> group.points().size()).sum();
    return "%s: %s points in %s".formatted(titled("Scatter plot"), points, names());
  }

  @Override
  int naturalWidth() {
    return 560;
  }

  @Override
  int naturalHeight() {
    return 460;
  }

  @Override
  XYChart build(int width, int height) {
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("A scatter plot needs data: call group(name, x, y) first");
    }
    XYChart chart = new XYChart(width, height);
    style(chart, axes, names());
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    chart.getStyler().setMarkerSize(7);
    for (int i = 0; i < groups.size(); i++) {
      Series points = groups.get(i).points();
      XYSeries added = chart.addSeries(points.name(), points.x(), points.y());
      added.setMarker(SeriesMarkers.CIRCLE);
      added.setMarkerColor(Style.withAlpha(Style.series(i), 190));
    }
    AxisScale across = scale(Series::x, axes.logX());
    AxisScale upwards = scale(Series::y, axes.logY());
    scale(chart.getStyler(), across, upwards);
    chart.addAnnotation(new Overlay(across, upwards, this::paintLines));
    chart.addAnnotation(new Overlay(across, upwards, this::paintLabels));
    return chart;
  }

  /** Returns the axis of one coordinate; where lines at zero are wanted, it shows zero. */
  private AxisScale scale(Function<Series, double[]> coordinate, boolean log) {
    DoubleStream all =
        groups.stream().flatMapToDouble(group -> DoubleStream.of(coordinate.apply(group.points())));
    boolean withZero = zeroLines && !log;
    return AxisScale.of(withZero ? DoubleStream.concat(all, DoubleStream.of(0)) : all, log);
  }

  private void paintLines(Graphics2D g, Overlay overlay) {
    Rectangle2D plot = overlay.plot();
    Shape before = g.getClip();
    g.clip(plot);
    g.setColor(Style.SOFT_INK);
    g.setStroke(Style.THIN);
    if (zeroLines && !axes.logX()) {
      g.draw(new Line2D.Double(overlay.x(0), plot.getMinY(), overlay.x(0), plot.getMaxY()));
    }
    if (zeroLines && !axes.logY()) {
      g.draw(new Line2D.Double(plot.getMinX(), overlay.y(0), plot.getMaxX(), overlay.y(0)));
    }
    if (diagonal) {
      g.setStroke(Style.DASHED);
      g.draw(diagonal(overlay));
    }
    g.setClip(before);
  }

  /** The points of equal x and y: a curve if only one of the axes is logarithmic. */
  private Path2D diagonal(Overlay overlay) {
    double[][] all =
        groups.stream()
            .flatMap(group -> Stream.of(group.points().x(), group.points().y()))
            .toArray(double[][]::new);
    Range range = Range.of(all);
    boolean log = axes.logX() || axes.logY();
    double more = range.max() - range.min();
    double from = log ? range.min() / 10 : range.min() - more;
    double to = log ? range.max() * 10 : range.max() + more;
    Path2D path = new Path2D.Double();
    int steps = 200;
    for (int i = 0; i <= steps; i++) {
      double share = (double) i / steps;
      double value = log ? from * Math.pow(to / from, share) : from + share * (to - from);
      if (i == 0) {
        path.moveTo(overlay.x(value), overlay.y(value));
      } else {
        path.lineTo(overlay.x(value), overlay.y(value));
      }
    }
    return path;
  }

  /** Puts each label on the side of its point where it covers least of what is drawn already. */
  private void paintLabels(Graphics2D g, Overlay overlay) {
    List<Rectangle2D> taken = new ArrayList<>();
    forEachPoint(overlay, (x, y, label) -> taken.add(new Rectangle2D.Double(x - 4, y - 4, 8, 8)));
    g.setColor(Style.INK);
    forEachPoint(
        overlay,
        (x, y, label) -> {
          if (!label.isEmpty()) {
            Text text = Text.fitted(label, Fonts.regular(10), 120);
            Rectangle2D place = LabelPlaces.best(x, y, text.width(), overlay.plot(), taken);
            taken.add(place);
            text.drawAt(g, place.getX(), place.getCenterY(), 0);
          }
        });
  }

  @FunctionalInterface
  private interface PointAction {
    void accept(double x, double y, String label);
  }

  private void forEachPoint(Overlay overlay, PointAction action) {
    for (Group group : groups) {
      double[] x = group.points().x();
      double[] y = group.points().y();
      for (int i = 0; i < x.length; i++) {
        if (Double.isFinite(x[i]) && Double.isFinite(y[i])) {
          String label = group.labels().isEmpty() ? "" : group.labels().get(i);
          action.accept(overlay.x(x[i]), overlay.y(y[i]), label);
        }
      }
    }
  }

  private List<String> names() {
    return groups.stream().map(group -> group.points().name()).toList();
  }

  private ScatterChart with(Axes newAxes) {
    return new ScatterChart(groups, newAxes, diagonal, zeroLines, frame());
  }
}
