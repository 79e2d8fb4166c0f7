package io.loupe.workbench.plot;

import java.awt.Color;
import java.awt.Font;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** What the tests of figures look at: pixels, and the glyphs of an SVG. */
final class FigureChecks {
  private static final Pattern USE = Pattern.compile("<use xlink:href=\"#(g[0-9a-f]+)\"");

  private FigureChecks() {}

  static BufferedImage image(Figure figure) {
    try {
      return ImageIO.read(new ByteArrayInputStream(figure.png()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The colour of the PNG at a place of the figure. */
  static Color at(BufferedImage image, double x, double y) {
    return new Color(image.getRGB((int) (x * Png.SCALE), (int) (y * Png.SCALE)));
  }

  static Color cell(Heatmap map, BufferedImage image, int row, int column) {
    HeatmapLayout layout = map.layout();
    return at(
        image,
        layout.plotX + (column + 0.5) * layout.cellWidth,
        layout.plotY + (row + 0.5) * layout.cellHeight);
  }

  /** All colours in an area of the figure. */
  static Set<Color> colors(BufferedImage image, double x, double y, double width, double height) {
    Set<Color> found = new HashSet<>();
    for (double at = x; at < x + width; at += 0.5) {
      for (double down = y; down < y + height; down += 0.5) {
        found.add(at(image, at, down));
      }
    }
    return found;
  }

  /** Says whether an SVG has these letters, in one of the sizes and weights of the labels. */
  static boolean hasText(String svg, String text) {
    String all = uses(svg);
    return List.of(
            Style.titleFont(),
            Style.axisTitleFont(),
            Style.labelFont(),
            Fonts.regular(10),
            Fonts.regular(8.5),
            Fonts.regular(8))
        .stream()
        .anyMatch(font -> all.contains(uses(alone(text, font))));
  }

  private static String alone(String text, Font font) {
    SvgDocument document = new SvgDocument();
    Text.of(text, font).draw(new SvgGraphics(document), 0, 0);
    return document.toSvg(10, 10, "");
  }

  private static String uses(String svg) {
    Matcher matcher = USE.matcher(svg);
    StringBuilder ids = new StringBuilder();
    while (matcher.find()) {
      ids.append(matcher.group(1)).append(' ');
    }
    return ids.toString();
  }

  static Document parse(String svg) {
    try {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(svg)));
    } catch (Exception e) {
      throw new IllegalStateException("Not well-formed: " + e.getMessage(), e);
    }
  }

  static double[][] noise(int rows, int columns) {
    Random random = new Random(7);
    return IntStream.range(0, rows)
        .mapToObj(r -> random.doubles(columns, -1, 1).toArray())
        .toArray(double[][]::new);
  }

  /** A causal pattern whose rows sum to one. */
  static double[][] pattern(int size) {
    double[][] pattern = new double[size][size];
    for (int query = 0; query < size; query++) {
      for (int key = 0; key <= query; key++) {
        pattern[query][key] = 1.0 / (query + 1);
      }
    }
    return pattern;
  }

  static List<String> names(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }
}
