package io.loupe.workbench.plot;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.knowm.xchart.internal.chartpart.AxesChart;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;

/** A figure that XChart draws under our title; a new chart is built for every use. */
abstract class ChartFigure extends Figure {
  private static final int NATURAL_WIDTH = 720;
  private static final int NATURAL_HEIGHT = 400;

  ChartFigure(Frame frame) {
    super(frame);
  }

  /** Builds the chart without a title. */
  abstract AxesChart<?, ?> build(int width, int height);

  int naturalWidth() {
    return NATURAL_WIDTH;
  }

  int naturalHeight() {
    return NATURAL_HEIGHT;
  }

  @Override
  public final int width() {
    return frame().isNatural() ? naturalWidth() : frame().width();
  }

  @Override
  public final int height() {
    return frame().isNatural() ? naturalHeight() : frame().height();
  }

  @Override
  public Optional<Chart<?, ?>> chart() {
    Fonts.prepare();
    Chart<?, ?> chart = build(width(), height());
    chart.setTitle(title());
    return Optional.of(chart);
  }

  /** Returns how much of the area below the title is left free for labels of our own. */
  double roomLeft() {
    return 0;
  }

  double roomBelow() {
    return 0;
  }

  @Override
  void paint(Graphics2D g) {
    double top = Math.max(0, frame().titleHeight(width()) - 2);
    AffineTransform before = g.getTransform();
    g.translate(roomLeft(), top);
    int chartWidth = (int) Math.max(40, width() - roomLeft());
    int chartHeight = (int) Math.max(40, height() - top - roomBelow());
    build(chartWidth, chartHeight).paint(g, chartWidth, chartHeight);
    g.setTransform(before);
    g.setClip(null);
    frame().paintTitle(g, width());
  }

  /** Sets the ends of both axes. */
  static void scale(AxesChartStyler styler, AxisScale x, AxisScale y) {
    styler.setXAxisMin(x.range().min());
    styler.setXAxisMax(x.range().max());
    styler.setYAxisMin(y.range().min());
    styler.setYAxisMax(y.range().max());
  }

  /** Sets the fonts, colours and lines that all charts share. */
  static void style(AxesChart<?, ?> chart, Axes axes, List<String> legend) {
    chart.setXAxisTitle(axes.xLabel());
    chart.setYAxisTitle(axes.yLabel());
    AxesChartStyler styler = chart.getStyler();
    styler.setLocale(Locale.ROOT);
    styler.setBaseFont(Style.labelFont());
    styler.setChartTitleFont(Style.titleFont());
    styler.setAxisTitleFont(Style.axisTitleFont());
    styler.setAxisTickLabelsFont(Style.labelFont());
    styler.setLegendFont(Style.labelFont());
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(Style.GRID);
    styler.setPlotGridLinesStroke(Style.THIN);
    styler.setAxisTickMarksColor(Style.FRAME);
    styler.setAxisTickMarksStroke(Style.THIN);
    styler.setAxisTickMarkLength(4);
    styler.setPlotTicksMarksVisible(false);
    styler.setChartFontColor(Style.INK);
    styler.setAxisTickLabelsColor(Style.INK);
    styler.setXAxisTitleColor(Style.INK);
    styler.setYAxisTitleColor(Style.INK);
    styler.setChartPadding(Style.PADDING);
    styler.setPlotMargin(4);
    styler.setYAxisLabelAlignment(AxesChartStyler.TextAlignment.Right);
    styler.setXAxisLogarithmic(axes.logX());
    styler.setYAxisLogarithmic(axes.logY());
    styleLegend(styler, legend);
  }

  /** Short legends go below, long ones to the right; a single series needs none. */
  private static void styleLegend(AxesChartStyler styler, List<String> names) {
    styler.setLegendVisible(names.size() > 1);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendBackgroundColor(Color.WHITE);
    double level =
        names.stream().mapToDouble(name -> Text.width(name, Style.labelFont()) + 50).sum();
    if (level < 600) {
      styler.setLegendPosition(LegendPosition.OutsideS);
      styler.setLegendLayout(LegendLayout.Horizontal);
    } else {
      styler.setLegendPosition(LegendPosition.OutsideE);
      styler.setLegendLayout(LegendLayout.Vertical);
    }
  }

  final String titled(String kind) {
    return title().isBlank() ? kind : kind + ": " + title().replaceAll("\\s+", " ");
  }
}
