package io.loupe.workbench.plot;

import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Renderer;
import java.util.Optional;
import org.knowm.xchart.internal.chartpart.Chart;

/** Shows charts that a notebook made with XChart itself, as SVG and as PNG. */
public final class ChartRenderer implements Renderer {
  @Override
  public Optional<MimeBundle> render(Object value) {
    return value instanceof Chart<?, ?> chart ? Optional.of(bundle(chart)) : Optional.empty();
  }

  private static MimeBundle bundle(Chart<?, ?> chart) {
    Fonts.prepare();
    int width = chart.getWidth();
    int height = chart.getHeight();
    SvgDocument document = new SvgDocument();
    chart.paint(new SvgGraphics(document), width, height);
    String description =
        chart.getClass().getSimpleName()
            + (chart.getTitle().isBlank() ? "" : ": " + chart.getTitle());
    return MimeBundle.svg(document.toSvg(width, height, description))
        .and(MimeBundle.png(Png.paint(width, height, g -> chart.paint(g, width, height))))
        .and(MimeBundle.text(description));
  }
}
