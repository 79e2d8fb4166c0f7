package io.loupe.workbench.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import org.knowm.xchart.internal.chartpart.Annotation;

/** Draws on a chart in the coordinates of its data, after XChart has drawn the rest. */
final class Overlay extends Annotation {
  /** Where data are on the canvas. */
  interface Area {
    double x(double value);

    double y(double value);

    /** Returns the area inside the axes. */
    Rectangle2D bounds();
  }

  @FunctionalInterface
  interface Painter {
    void paint(Graphics2D g, Area area);
  }

  private final Painter painter;

  Overlay(Painter painter) {
    super(false);
    this.painter = painter;
  }

  @Override
  public void paint(Graphics2D g) {
    Rectangle2D plot = new Rectangle2D.Double();
    plot.setFrameFromDiagonal(
        getXAxisScreenValueForMin(),
        getYAxisScreenValueForMin(),
        getXAxisScreenValueForMax(),
        getYAxisScreenValueForMax());
    painter.paint(
        g,
        new Area() {
          @Override
          public double x(double value) {
            return chart.getScreenXFromChart(value);
          }

          @Override
          public double y(double value) {
            return chart.getScreenYFromChart(value);
          }

          @Override
          public Rectangle2D bounds() {
            return plot;
          }
        });
  }
}
