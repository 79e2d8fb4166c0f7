package io.loupe.notebooks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of HTML and SVG on its way into a page. */
class FragmentsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "<script src='http://x/a.js'></script>",
        "<script>alert(1)</script>",
        "<link rel='stylesheet' href='http://x/a.css'>",
        "<iframe src='http://x'></iframe>",
        "<img src='http://x/a.png'>",
        "<img src='//x/a.png' srcset='http://x/b.png 2x'>",
        "<video src='http://x/a.mp4'></video>",
        "<p style=\"background: url('http://x/a.png')\">",
        "<style>@import 'http://x/a.css'; p { background: url( http://x/a.png ) }</style>",
        "<svg><image xlink:href='http://x/a.png'/><use href='http://x/a.svg#b'/></svg>",
        "<a href='#' onclick='alert(1)' ping='http://x'>",
        "<a href=' javascript:alert(1)'>",
        "<!-- http://x -->",
        "<base href='http://x'>",
        "<form action='http://x'></form>"
      })
  void takesOutWhatLoadsOrRuns(String html) {
    Element body = Markup.html("<b>kept</b>" + html);
    Cleaner.clean(body);
    body.select("a").removeAttr("href").attr("checked", "");
    assertThat(body.outerHtml()).contains("kept").doesNotContain("http:", "//x", "alert");
  }

  @Test
  void namesWhatItTookOut() {
    Element body = Markup.html("<script>1</script><p onclick='x'>a</p><a href='https://x'>b</a>");
    Set<String> removed = Cleaner.clean(body);

    assertThat(removed).containsExactly("onclick", "script");
    assertThat(body.html()).isEqualTo("<p>a</p><a href=\"https://x\">b</a>");
  }

  @Test
  void balancesTags() {
    assertThat(Markup.html("<div><b>open").html()).isEqualTo("<div><b>open</b></div>");
    assertThat(Markup.html("</div></main>text").html()).isEqualTo("text");
  }

  @Test
  void prefixesIdsAndAllReferencesToThem() {
    Element svg =
        svg(
            """
            <svg xmlns:xlink="x" aria-labelledby="t d" aria-label="t is a word here">
            <style>#clip { fill: #fff } .a { fill: url(#ramp) }</style>
            <title id="t">T</title><desc id="d">D</desc>
            <linearGradient id="ramp"/><clipPath id="clip"/>
            <rect fill="url(#ramp)" style="clip-path: url('#clip')"/><use xlink:href="#clip"/>
            <a href="#elsewhere"/></svg>""");
    IdScope.apply(svg, "c1o2");

    assertThat(svg.outerHtml())
        .contains(
            "aria-labelledby=\"c1o2-t c1o2-d\"",
            "aria-label=\"t is a word here\"",
            "#c1o2 {#c1o2-clip { fill: #fff } .a { fill: url(#c1o2-ramp) }}",
            "<linearGradient id=\"c1o2-ramp\"",
            "fill=\"url(#c1o2-ramp)\"",
            "clip-path: url(#c1o2-clip)",
            "xlink:href=\"#c1o2-clip\"",
            "href=\"#elsewhere\"");
  }

  @Test
  void svgScalesAndHasAName() {
    Element plain = svg("<?xml version='1.0'?><!DOCTYPE svg><svg width='90px' height='45'/>");
    SvgFigure.prepare(plain, "s", "a heat map");
    assertThat(plain.outerHtml())
        .contains("viewBox=\"0 0 90 45\"", "role=\"img\"", "aria-label=\"a heat map\"")
        .doesNotContain("DOCTYPE", "<?xml");

    Element named = svg("<svg viewBox='0 0 1 1' width='9'><title>Own name</title></svg>");
    SvgFigure.prepare(named, "s", "a heat map");
    assertThat(named.outerHtml())
        .contains("aria-label=\"Own name\"", "viewBox=\"0 0 1 1\"")
        .doesNotContain("a heat map");
  }

  @Test
  void onlyTheOutermostTableGetsABox() {
    Element body =
        Markup.html("<table><tr><td><table><tr><td>x</td></tr></table></td></tr></table><p>after");
    Tables.wrap(body);
    assertThat(body.select("div.scroll")).hasSize(1);
    assertThat(body.select("div.scroll > table table")).hasSize(1);
    assertThat(body.child(1).tagName()).isEqualTo("p");
  }

  @Test
  void embedsImagesBesideTheNotebook(@TempDir Path folder) throws Exception {
    Files.write(folder.resolve("a b.png"), new byte[] {1, 2, 3});
    Element body =
        Markup.html(
            "<img src='a%20b.png' alt='A'><img src='attachment:c.png' alt='C'>"
                + "<img src='data:image/png;base64,AAAA'>"
                + "<img src='none.png' alt='gone'><img src='https://x/d.png'>");
    new Images(folder).embed(body, Map.of("c.png", Map.of("image/png", "BB\nBB")));

    assertThat(body.select("img").eachAttr("src"))
        .containsExactly(
            "data:image/png;base64,AQID",
            "data:image/png;base64,BBBB",
            "data:image/png;base64,AAAA");
    assertThat(body.select("img")).allMatch(image -> image.hasAttr("alt"));
    assertThat(body.select("a.missing").eachText())
        .containsExactly("Image not in this file: gone", "Image not in this file: https://x/d.png");
  }

  @Test
  void onlyOneHeadingIsTheTitle() {
    Element first = Markup.html("<h1>All <i>of</i> it</h1><h2>Part</h2><h3>Détail &amp; more</h3>");
    Element second = Markup.html("<h1>Second</h1><h2>Part</h2>");
    Outline outline = new Outline(List.of(first, second));

    assertThat(outline.title()).isEqualTo("All of it");
    assertThat(outline.titleHtml()).isEqualTo("All <i>of</i> it");
    assertThat(first.html() + second.html())
        .isEqualTo(
            "<h3 id=\"s-part\">Part</h3><h4 id=\"s-detail-more\">Détail &amp; more</h4>"
                + "<h2 id=\"s-second\">Second</h2><h3 id=\"s-part-2\">Part</h3>");
    assertThat(outline.tableOfContents())
        .contains("<a href=\"#s-part-2\">Part</a>")
        .doesNotContain("s-detail");
  }

  @Test
  void aFewHeadingsNeedNoContents() {
    Element body = Markup.html("<h1>T</h1><h2>a</h2><h2>b</h2><h2>c</h2>");
    assertThat(new Outline(List.of(body)).tableOfContents()).isEmpty();
  }

  private static Element svg(String text) {
    return Objects.requireNonNull(Markup.svg(text));
  }
}
