package io.loupe.workbench.plot;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SvgGraphicsTest {
  @Test
  void shapesArriveInPageCoordinatesWithTheirColour() {
    String svg =
        svg(
            g -> {
              g.setColor(new Color(0x336699));
              g.translate(10, 20);
              g.scale(2, 2);
              g.fillRect(1, 2, 3, 4);
            });

    assertThat(svg).contains("<path fill=\"#336699\" d=\"M12 24H18V32H12V24Z\"/>");
  }

  @Test
  void strokesKeepWidthCapJoinAndDashesInTheScaleOfTheDrawing() {
    String svg =
        svg(
            g -> {
              g.scale(2, 2);
              g.setStroke(
                  new BasicStroke(
                      1.5f,
                      BasicStroke.CAP_ROUND,
                      BasicStroke.JOIN_ROUND,
                      1,
                      new float[] {2, 1},
                      0));
              g.draw(new Line2D.Double(0, 0, 5, 5));
            });

    assertThat(svg)
        .contains("fill=\"none\" stroke=\"#000000\" stroke-width=\"3\"")
        .contains("stroke-linecap=\"round\" stroke-linejoin=\"round\"")
        .contains("stroke-dasharray=\"4 2\" d=\"M0 0L10 10\"");
  }

  @Test
  void clipsHoldUntilTheyChange() {
    String svg =
        svg(
            g -> {
              g.clip(new Rectangle(0, 0, 10, 10));
              g.fillRect(0, 0, 50, 50);
              Graphics2D inner = (Graphics2D) g.create();
              inner.clipRect(5, 5, 50, 50);
              inner.fillRect(1, 1, 50, 50);
              g.setClip(null);
              g.fillRect(2, 2, 50, 50);
            });

    assertThat(svg).contains("<path d=\"M0 0H10V10H0V0Z\"/></clipPath>");
    assertThat(svg.split("<g clip-path=")).hasSize(3);
    assertThat(svg.split("</g>")).hasSize(3);
    assertThat(svg.substring(svg.lastIndexOf("</g>"))).contains("M2 2H52");
  }

  @Test
  void holesStayHoles() {
    Path2D ring = new Path2D.Double(Path2D.WIND_EVEN_ODD);
    ring.append(new Rectangle(0, 0, 9, 9), false);
    ring.append(new Rectangle(3, 3, 3, 3), false);

    assertThat(svg(g -> g.fill(ring))).contains("fill-rule=\"evenodd\"");
    assertThat(svg(g -> g.fillRect(0, 0, 1, 1))).doesNotContain("evenodd");
  }

  @Test
  void aGlyphIsDefinedOnceAndUsedOften() {
    String svg = svg(g -> Text.of("aaaa", Fonts.regular(12)).draw(g, 5, 5));

    assertThat(svg.split("<path id=\"g")).hasSize(2);
    assertThat(svg.split("<use ")).hasSize(5);
  }

  @Test
  void transparencyAndSharpEdgesAreKept() {
    String svg =
        svg(
            g -> {
              g.setComposite(AlphaComposite.SrcOver.derive(0.5f));
              g.setRenderingHint(
                  RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_OFF);
              g.setColor(Color.RED);
              g.fillRect(0, 0, 1, 1);
            });

    assertThat(svg).contains("fill=\"#ff0000\" fill-opacity=\".5\" shape-rendering=\"crispEdges\"");
  }

  @Test
  void imagesAreEmbeddedAndSharpWhereEnlarged() {
    BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);

    assertThat(svg(g -> g.drawImage(image, 0, 0, 20, 20, null)))
        .contains("matrix(10.0000 0.0000 0.0000 10.0000 0.00 0.00)")
        .contains("image-rendering:pixelated")
        .contains("data:image/png;base64,");
    assertThat(svg(g -> g.drawImage(image, 0, 0, null))).doesNotContain("pixelated");
  }

  @Test
  void pathsAreShort() {
    Path2D path = new Path2D.Double();
    path.moveTo(0.5, -0.25);
    path.lineTo(1.004, -0.25);
    path.quadTo(1, 2, -3, 4);

    assertThat(SvgPath.of(path)).isEqualTo("M.5-.25H1Q1 2-3 4");
    assertThat(SvgPath.number(-12.3456)).isEqualTo("-12.35");
    assertThat(SvgPath.number(-0.001)).isEqualTo("0");
  }

  private static String svg(Consumer<SvgGraphics> painter) {
    SvgDocument document = new SvgDocument();
    painter.accept(new SvgGraphics(document));
    String svg = document.toSvg(100, 100, "test");
    FigureChecks.parse(svg);
    return svg;
  }
}
