package io.loupe.workbench.display;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.PieChart;
import org.knowm.xchart.QuickChart;
import org.knowm.xchart.XYChart;

class RenderersTest {
  @Test
  void aChartOfXChartIsShownAsSvgThenPngThenText() {
    XYChart chart =
        QuickChart.getChart("Loss", "x", "y", "a", new double[] {1, 2}, new double[] {3, 4});

    MimeBundle bundle = Renderers.render(chart);

    assertThat(bundle.data().keySet())
        .containsExactly(MimeBundle.SVG, MimeBundle.PNG, MimeBundle.TEXT);
    assertThat(bundle.data().get(MimeBundle.SVG)).startsWith("<svg ").contains("<path");
    assertThat(Base64.getDecoder().decode(bundle.data().get(MimeBundle.PNG)))
        .startsWith(0x89, 'P', 'N', 'G');
    assertThat(bundle.data()).containsEntry(MimeBundle.TEXT, "XYChart: Loss");
  }

  @Test
  void aChartWithoutAxesIsShownToo() {
    PieChart chart = new PieChart(200, 200);
    chart.addSeries("a", 1);

    assertThat(Renderers.render(chart).data()).containsKey(MimeBundle.SVG);
  }

  @Test
  void valuesThatNoRendererKnowsAreText() {
    assertThat(Renderers.render(42).data()).isEqualTo(MimeBundle.text("42").data());
    assertThat(Renderers.render(null).data()).isEqualTo(MimeBundle.text("null").data());
  }

  @Test
  void markdownAndHtmlKeepTheirSource() {
    assertThat(Renderers.render(new Markdown("**a** < b")).data())
        .containsEntry(MimeBundle.MARKDOWN, "**a** < b");
    assertThat(Renderers.render(new Html("<i>a</i>")).data())
        .containsEntry(MimeBundle.HTML, "<i>a</i>");
    assertThat(Html.escape("<a href=\"x\">'&'</a>"))
        .isEqualTo("&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  }
}
