package io.loupe.workbench.plot;

import io.loupe.workbench.display.Html;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Shape;
import java.awt.font.GlyphVector;
import java.awt.geom.AffineTransform;
import java.awt.geom.Point2D;
import java.awt.image.BufferedImage;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The text of one SVG image. Every glyph is stored once as an outline and used by reference. The
 * ids of glyphs and clips are hashes of their content: the same everywhere, and harmless when a
 * page holds many figures.
 */
final class SvgDocument {
  private final Map<String, String> definitions = new LinkedHashMap<>();
  private final StringBuilder body = new StringBuilder();
  private @Nullable String openClip;

  void fill(Shape shape, Color color, boolean crisp, @Nullable Shape clip) {
    String path = SvgPath.of(shape);
    if (!path.isEmpty() && color.getAlpha() > 0) {
      within(clip);
      body.append("<path").append(paint("fill", color));
      body.append(SvgPath.isEvenOdd(shape) ? " fill-rule=\"evenodd\"" : "");
      body.append(crisp ? " shape-rendering=\"crispEdges\"" : "");
      body.append(" d=\"").append(path).append("\"/>\n");
    }
  }

  void draw(Shape shape, Color color, BasicStroke stroke, double scale, @Nullable Shape clip) {
    String path = SvgPath.of(shape);
    if (!path.isEmpty() && color.getAlpha() > 0 && stroke.getLineWidth() > 0) {
      within(clip);
      body.append("<path fill=\"none\"").append(paint("stroke", color));
      body.append(stroke(stroke, scale)).append(" d=\"").append(path).append("\"/>\n");
    }
  }

  void glyphs(
      GlyphVector glyphs,
      float x,
      float y,
      AffineTransform transform,
      Color color,
      @Nullable Shape clip) {
    within(clip);
    boolean moved = (transform.getType() & ~AffineTransform.TYPE_TRANSLATION) == 0;
    double dx = moved ? transform.getTranslateX() : 0;
    double dy = moved ? transform.getTranslateY() : 0;
    body.append("<g").append(paint("fill", color));
    body.append(moved ? "" : " transform=\"" + matrix(transform) + "\"").append('>');
    for (int i = 0; i < glyphs.getNumGlyphs(); i++) {
      Point2D at = glyphs.getGlyphPosition(i);
      Shape outline = glyphs.getGlyphOutline(i, (float) -at.getX(), (float) -at.getY());
      String path = SvgPath.of(outline);
      if (!path.isEmpty()) {
        String id = define("g", path, "<path id=\"%s\" d=\"" + path + "\"/>");
        body.append("<use xlink:href=\"#").append(id);
        body.append("\" x=\"").append(SvgPath.number(x + at.getX() + dx));
        body.append("\" y=\"").append(SvgPath.number(y + at.getY() + dy)).append("\"/>");
      }
    }
    body.append("</g>\n");
  }

  void image(BufferedImage image, AffineTransform transform, @Nullable Shape clip) {
    within(clip);
    boolean enlarged = Math.abs(transform.getDeterminant()) > 1;
    body.append("<image width=\"").append(image.getWidth());
    body.append("\" height=\"").append(image.getHeight());
    body.append("\" preserveAspectRatio=\"none\" transform=\"").append(matrix(transform));
    // sharp cells: the attribute for older renderers, the style for the rest
    body.append(
        enlarged ? "\" image-rendering=\"optimizeSpeed\" style=\"image-rendering:pixelated" : "");
    body.append("\" xlink:href=\"data:image/png;base64,");
    body.append(Base64.getEncoder().encodeToString(Png.encode(image))).append("\"/>\n");
  }

  /** Returns the whole file; width and height are in pixels. */
  String toSvg(int width, int height, String description) {
    within(null);
    return """
        <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \
        width="%1$s" height="%2$s" viewBox="0 0 %1$s %2$s" role="img" aria-label="%3$s">
        <defs>
        %4$s</defs>
        %5$s</svg>
        """
        .formatted(width, height, attribute(description), joined(definitions), body);
  }

  private static String joined(Map<String, String> definitions) {
    return definitions.values().stream().map(d -> d + "\n").collect(Collectors.joining());
  }

  /** XML allows no control characters; line ends become spaces. */
  private static String attribute(String text) {
    String printable =
        text.codePoints()
            .map(c -> Character.isISOControl(c) ? ' ' : c)
            .filter(c -> Character.isDefined(c) && (c < 0xD800 || c > 0xDFFF))
            .filter(c -> c != 0xFFFE && c != 0xFFFF)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return Html.escape(printable);
  }

  /** Opens and closes groups so that what follows is clipped by this shape and by no other. */
  private void within(@Nullable Shape clip) {
    String id = clip == null ? null : clipId(SvgPath.of(clip));
    if (Objects.equals(id, openClip)) {
      return;
    }
    if (openClip != null) {
      body.append("</g>\n");
    }
    if (id != null) {
      body.append("<g clip-path=\"url(#").append(id).append(")\">\n");
    }
    openClip = id;
  }

  private String clipId(String path) {
    return define("c", path, "<clipPath id=\"%s\"><path d=\"" + path + "\"/></clipPath>");
  }

  private String define(String kind, String content, String element) {
    String id = kind + hash(content);
    definitions.computeIfAbsent(id, element::formatted);
    return id;
  }

  private static String hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] hash = digest.digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(Arrays.copyOf(hash, 6));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  private static String paint(String attribute, Color color) {
    String rgb = String.format(Locale.ROOT, " %s=\"#%06x\"", attribute, color.getRGB() & 0xFFFFFF);
    return color.getAlpha() == 255
        ? rgb
        : rgb + " " + attribute + "-opacity=\"" + SvgPath.number(color.getAlpha() / 255.0) + "\"";
  }

  private static String stroke(BasicStroke stroke, double scale) {
    StringBuilder out = new StringBuilder();
    out.append(" stroke-width=\"").append(SvgPath.number(stroke.getLineWidth() * scale));
    out.append('"');
    switch (stroke.getEndCap()) {
      case BasicStroke.CAP_ROUND -> out.append(" stroke-linecap=\"round\"");
      case BasicStroke.CAP_SQUARE -> out.append(" stroke-linecap=\"square\"");
      default -> {}
    }
    switch (stroke.getLineJoin()) {
      case BasicStroke.JOIN_ROUND -> out.append(" stroke-linejoin=\"round\"");
      case BasicStroke.JOIN_BEVEL -> out.append(" stroke-linejoin=\"bevel\"");
      default -> {}
    }
    float[] dashes = stroke.getDashArray();
    if (dashes != null) {
      out.append(" stroke-dasharray=\"");
      out.append(
          IntStream.range(0, dashes.length)
              .mapToObj(i -> SvgPath.number(dashes[i] * scale))
              .collect(Collectors.joining(" ")));
      out.append('"');
    }
    return out.toString();
  }

  private static String matrix(AffineTransform t) {
    return String.format(
            Locale.ROOT,
            "matrix(%.4f %.4f %.4f %.4f %.2f %.2f)",
            t.getScaleX(),
            t.getShearY(),
            t.getShearX(),
            t.getScaleY(),
            t.getTranslateX(),
            t.getTranslateY())
        .replace("-0.0000", "0");
  }
}
