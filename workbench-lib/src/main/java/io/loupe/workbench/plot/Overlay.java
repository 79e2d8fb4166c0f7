package io.loupe.workbench.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import org.knowm.xchart.internal.chartpart.Annotation;

/** Draws on a chart in the coordinates of its data, after XChart has drawn the rest. */
final class Overlay extends Annotation {
  @FunctionalInterface
  interface Painter {
    void paint(Graphics2D g, Overlay overlay);
  }

  private final AxisScale across;
  private final AxisScale upwards;
  private final Painter painter;

  /**
   * Knows where data are by the scales that the chart's axes were given; the scale of an axis of
   * categories is not used.
   */
  Overlay(AxisScale across, AxisScale upwards, Painter painter) {
    super(false);
    this.across = across;
    this.upwards = upwards;
    this.painter = painter;
  }

  @Override
  public void paint(Graphics2D g) {
    painter.paint(g, this);
  }

  /** Where an x value is on the canvas, inside the plot or beyond it. */
  double x(double value) {
    double from = chart.getScreenXFromChart(across.range().min());
    double to = chart.getScreenXFromChart(across.range().max());
    return from + across.fraction(value) * (to - from);
  }

  /** Where a y value is on the canvas, inside the plot or beyond it. */
  double y(double value) {
    double from = chart.getScreenYFromChart(upwards.range().min());
    double to = chart.getScreenYFromChart(upwards.range().max());
    return from + upwards.fraction(value) * (to - from);
  }

  /** The area inside the axes. */
  Rectangle2D plot() {
    Rectangle2D plot = new Rectangle2D.Double();
    plot.setFrameFromDiagonal(
        getXAxisScreenValueForMin(),
        getYAxisScreenValueForMin(),
        getXAxisScreenValueForMax(),
        getYAxisScreenValueForMax());
    return plot;
  }
}
