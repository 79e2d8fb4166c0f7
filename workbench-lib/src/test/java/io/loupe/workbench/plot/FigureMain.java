package io.loupe.workbench.plot;

import static io.loupe.workbench.plot.FigureChecks.names;
import static io.loupe.workbench.plot.FigureChecks.noise;
import static io.loupe.workbench.plot.FigureChecks.pattern;

import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Renderers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.knowm.xchart.XYChart;

/** Prints a hash of the SVG and of the PNG of one figure of each kind. */
final class FigureMain {
  private FigureMain() {}

  public static void main(String[] args) {
    System.out.print(fingerprints());
    XYChart chart = new XYChart(200, 200);
    chart.addSeries("a chart of the user's own, in Java's logical fonts", new double[] {1, 2});
    Renderers.render(chart);
  }

  static String fingerprints() {
    return figures().stream()
        .map(
            figure ->
                "%s %s %s%n"
                    .formatted(
                        figure.getClass().getSimpleName(),
                        hash(figure.display().data().get(MimeBundle.SVG)),
                        hash(figure.display().data().get(MimeBundle.PNG))))
        .collect(Collectors.joining());
  }

  static List<Figure> figures() {
    double[] x = {1, 2, 3, 4};
    double[] y = {0.5, 1234.5, 0.25, 3};
    double[][] holes = noise(4, 5);
    holes[1][2] = Double.NaN;
    Heatmap map = Plots.heatmap(holes).title("Größe 你好 🦜").cellText(texts(4, 5));
    return List.of(
        map,
        Plots.heatmap(noise(80, 80)),
        Plots.attention(pattern(6), names(" token", 6)),
        Plots.attentionGrid(new double[][][][] {{pattern(5), pattern(5)}}),
        Plots.lines()
            .series("a", x, y, new double[] {0.1, 1, 0.2, 2}, new double[] {1, 2000, 1, 4})
            .logX()
            .logY()
            .yLabel("loss"),
        Plots.bars(names("L", 4)).series("a", y).series("b", x).title("Bars"),
        Plots.bars(names("L", 4))
            .series("a", x, new double[] {0, 1, 2, 3}, new double[] {2, 3, 4, 6})
            .horizontal(),
        Plots.scatter().group("a", x, y, names("p", 4)).diagonal().zeroLines(),
        Plots.grid(List.of(Plots.heatmap(holes), Plots.lines().series("b", y)), 2));
  }

  private static String[][] texts(int rows, int columns) {
    String[][] texts = new String[rows][columns];
    for (int row = 0; row < rows; row++) {
      Arrays.setAll(texts[row], column -> "t" + column + "\n0." + column);
    }
    return texts;
  }

  private static String hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
