package io.loupe.workbench.plot;

import static io.loupe.workbench.plot.FigureChecks.at;
import static io.loupe.workbench.plot.FigureChecks.colors;
import static io.loupe.workbench.plot.FigureChecks.hasText;
import static io.loupe.workbench.plot.FigureChecks.image;
import static io.loupe.workbench.plot.FigureChecks.names;
import static io.loupe.workbench.plot.FigureChecks.noise;
import static io.loupe.workbench.plot.FigureChecks.parse;
import static io.loupe.workbench.plot.FigureChecks.pattern;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Color;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.XYChart;

class ChartsTest {
  private static final double[] X = {0, 1, 2, 3};
  private static final double[] Y = {1, 3, 2, 4};
  private static final double[] LOW = {0.5, 2.5, 1.5, 3.5};
  private static final String BAND = "fill=\"#0072b2\" fill-opacity=\".18\"";
  private static final String ERROR_BAR = "<path fill=\"none\" stroke=\"#222222\"";
  private static final double[] HIGH = {1.5, 3.5, 2.5, 4.5};

  @Test
  void linesHaveTheirColourTheirBandAndTheirNames() {
    LineChart chart =
        Plots.lines()
            .series("clean", X, Y, LOW, HIGH)
            .series("corrupted", X, new double[] {2, Double.NaN, 2, 2})
            .xLabel("layer")
            .yLabel("loss")
            .title("Loss by layer");
    Set<Color> all = all(chart);

    assertThat(all).contains(Style.series(0), Style.series(1));
    assertThat(chart.svg()).contains(BAND);
    assertThat(Plots.lines().series("clean", X, Y).svg()).doesNotContain(BAND);
    assertThat(hasText(chart.svg(), "Loss by layer")).isTrue();
    assertThat(chart.description()).isEqualTo("Lines: Loss by layer: [clean, corrupted]");
    assertThat(chart.chart().orElseThrow()).isInstanceOf(XYChart.class);
    assertThat(chart.chart().orElseThrow().getTitle()).isEqualTo("Loss by layer");
  }

  @Test
  void logarithmicAxesTakePositiveNumbersOnly() {
    LineChart chart =
        Plots.lines().series("loss", new double[] {1, 10, 100}, new double[] {5, 2, 1});

    assertThat(chart.logX().logY().svg()).isNotEqualTo(chart.svg());
    assertMistake(() -> Plots.lines().series("loss", X, Y).logX(), "positive", "got 0.0 in 'loss'");
    assertMistake(
        () -> Plots.lines().logY().series("e", X, Y, new double[] {-1, 2, 1, 3}, HIGH),
        "positive",
        "-1.0");
  }

  @Test
  void aSinglePointAndAConstantLineAreDrawn() {
    assertThat(all(Plots.lines().series("one", new double[] {5}))).contains(Style.series(0));
    assertThat(all(Plots.lines().series("flat", new double[] {0, 0, 0}))).contains(Style.series(0));
    assertThat(
            all(
                Plots.scatter()
                    .group("one", new double[] {1}, new double[] {1})
                    .zeroLines()
                    .diagonal()))
        .hasSizeGreaterThan(3);
  }

  @Test
  void barsGrowFromZeroInTheOrderGiven() {
    BarChart bars = Plots.bars(List.of("a", "b")).series("s", new double[] {1, -1});
    int width = bars.width();
    int height = bars.height();

    Set<Color> upperLeft = colors(image(bars), 60, 30, width / 2.0 - 60, height / 2.0 - 60);
    Set<Color> lowerLeft = colors(image(bars), 60, height / 2.0 + 5, width / 2.0 - 60, 80);
    Set<Color> lowerRight = colors(image(bars), width / 2.0 + 60, height / 2.0 + 5, 200, 80);
    assertThat(upperLeft).contains(Style.series(0));
    assertThat(lowerLeft).doesNotContain(Style.series(0));
    assertThat(lowerRight).contains(Style.series(0));
  }

  @Test
  void barsHaveCategoriesErrorBarsAndALyingForm() {
    List<String> tokens = List.of(" Lily", "你好", "\n", " Lily");
    BarChart standing =
        Plots.bars(tokens).series("zero", Y, LOW, HIGH).series("mean", X).yLabel("effect");
    BarChart plain = Plots.bars(tokens).series("zero", Y).series("mean", X).yLabel("effect");
    BarChart lying = standing.horizontal();

    for (BarChart chart : List.of(standing, lying)) {
      for (String label : List.of("·Lily", "你好", "↵")) {
        assertThat(hasText(chart.svg(), label)).as(label).isTrue();
      }
      assertThat(all(chart)).contains(Style.series(0), Style.series(1));
    }
    assertThat(standing.svg().split(ERROR_BAR)).hasSize(1 + 3 * tokens.size());
    assertThat(lying.svg().split(ERROR_BAR)).hasSize(1 + 3 * tokens.size());
    assertThat(plain.svg()).doesNotContain(ERROR_BAR);
    assertThat(standing.chart().orElseThrow()).isInstanceOf(CategoryChart.class);
    assertThat(lying.chart().orElseThrow()).isInstanceOf(HorizontalBarChart.class);
  }

  /** The number of stroked paths. */
  private static long lines(Figure figure) {
    return figure.svg().lines().filter(line -> line.startsWith("<path fill=\"none\"")).count();
  }

  @Test
  void aMissingBarLeavesAGap() {
    double[] values = {Double.NaN, 2};

    assertThat(all(Plots.bars(names("c", 2)).series("s", values))).contains(Style.series(0));
    assertThat(all(Plots.bars(names("c", 2)).series("s", values).horizontal()))
        .contains(Style.series(0));
  }

  @Test
  void scatterHasLabelsAndLines() {
    ScatterChart plain =
        Plots.scatter()
            .group("heads", X, Y, List.of("L0H0", "L0H1", "", "L9H9"))
            .group("rest", Y, X);

    assertThat(hasText(plain.svg(), "L0H1")).isTrue();
    assertThat(hasText(plain.svg(), "L9H9")).isTrue();
    assertThat(plain.diagonal().svg()).contains("stroke-dasharray=\"5 4\"");
    assertThat(plain.svg()).doesNotContain("stroke-dasharray=\"5 4\"");
    assertThat(lines(plain.zeroLines())).isEqualTo(lines(plain) + 2);
  }

  @Test
  void theDiagonalGoesThroughPointsOfEqualCoordinates() {
    double[] same = {0, 10};
    ScatterChart chart =
        Plots.scatter().group("p", new double[] {0, 10, 4}, new double[] {0, 20, 4}).diagonal();
    XYChart built = chart.build(400, 400);
    double[] found = new double[4];
    built.addAnnotation(
        new Overlay(
            AxisScale.of(DoubleStream.of(same), false),
            AxisScale.of(DoubleStream.of(0, 20), false),
            (g, overlay) -> {
              found[0] = overlay.x(4);
              found[1] = built.getScreenXFromChart(4);
              found[2] = overlay.y(4);
              found[3] = built.getScreenYFromChart(4);
            }));
    built.paint(new SvgGraphics(new SvgDocument()), 400, 400);

    assertThat(found[0]).isCloseTo(found[1], within(1e-6));
    assertThat(found[2]).isCloseTo(found[3], within(1e-6));
  }

  @Test
  void anAttentionGridNamesEveryHeadAndStaysSmall() {
    double[][][][] patterns = new double[5][8][][];
    for (double[][][] layer : patterns) {
      Arrays.setAll(layer, head -> pattern(25));
    }
    AttentionGrid grid = Plots.attentionGrid(patterns).title("All heads");

    assertThat(grid.svg().length()).isLessThan(1_000_000);
    assertThat(grid.width()).isLessThanOrEqualTo(Style.NOTEBOOK_WIDTH);
    assertThat(parse(grid.svg()).getElementsByTagName("image").getLength()).isEqualTo(40);
    assertThat(List.of("L0H0", "L4H7", "L2H3"))
        .allSatisfy(head -> assertThat(hasText(grid.svg(), head)).isTrue());
    assertThat(hasText(grid.layers(List.of(3, 4, 5, 6, 9)).svg(), "L9H7")).isTrue();
    assertThat(all(grid))
        .contains(ColorMap.SEQUENTIAL.at(1), ColorMap.SEQUENTIAL.at(0.5), Color.WHITE);
  }

  @Test
  void panelsLeaveTheFutureBlankOnlyIfNoHeadLooksAhead() {
    double[][] ahead = {{0.5, 0.5}, {0.5, 0.5}};
    AttentionGrid causal = Plots.attentionGrid(new double[][][][] {{pattern(2)}});
    AttentionGrid mixed = Plots.attentionGrid(new double[][][][] {{pattern(2), ahead}});

    // the upper right and the lower left corner of the first panel, 150 pixels wide
    assertThat(at(image(causal), 155, 32)).isEqualTo(Color.WHITE);
    assertThat(at(image(causal), 20, 170)).isEqualTo(ColorMap.SEQUENTIAL.at(0.5));
    assertThat(at(image(mixed), 155, 32)).isEqualTo(ColorMap.SEQUENTIAL.at(0));
  }

  @Test
  void allPanelsOfAGridShareOneScale() {
    double[][] faint = {{0.5, 0}, {0.25, 0.25}};
    double[][] strong = {{1, 0}, {0.5, 0.5}};
    AttentionGrid grid = Plots.attentionGrid(new double[][][][] {{faint, strong}});

    assertThat(all(grid))
        .contains(
            ColorMap.SEQUENTIAL.at(0.25), ColorMap.SEQUENTIAL.at(0.5), ColorMap.SEQUENTIAL.at(1));
    assertThat(Plots.attentionGrid(new double[][][][] {{faint}, {strong}}).height())
        .isGreaterThan(grid.height());
  }

  @Test
  void figuresSideBySideShareARangeAndFitANotebook() {
    double[][] zero = noise(5, 8);
    double[][] mean = {{3, -1}};
    Range range = Plots.sharedRange(zero, mean);
    Figure both =
        Plots.grid(
            List.of(
                Plots.heatmap(zero).range(range).title("Zero"),
                Plots.heatmap(mean).range(range).title("Mean")),
            2);
    Figure wide =
        Plots.grid(List.of(Plots.lines().series("a", Y), Plots.lines().series("b", Y)), 2);

    assertThat(range.max()).isEqualTo(3);
    assertThat(hasText(both.svg(), "Zero")).isTrue();
    assertThat(hasText(both.svg(), "Mean")).isTrue();
    assertThat(both.width()).isGreaterThan(Plots.heatmap(zero).width());
    assertThat(wide.width()).isLessThanOrEqualTo(Style.NOTEBOOK_WIDTH);
    assertThat(wide.withTitle("Two").height()).isGreaterThan(wide.height());
    assertThat(image(wide.withSize(640, 200)).getWidth()).isEqualTo(1280);
    assertThat(Plots.grid(List.of(both, both), 1).height()).isGreaterThan(2 * both.height());
  }

  @Test
  void mistakesSayWhatWasExpectedAndWhatCame() {
    assertMistake(
        () -> Plots.lines().series("a", X, new double[2]), "Expected 2 x values", "got 4");
    assertMistake(
        () -> Plots.lines().series("a", X, Y, HIGH, LOW), "lower end below", "index 0 of 'a'");
    assertMistake(
        () -> Plots.lines().series("a", X, Y, new double[1], HIGH), "4 lower ends", "got 1");
    assertMistake(() -> Plots.lines().series("a", Y).series("a", Y), "not one of [a]", "got 'a'");
    assertMistake(() -> Plots.lines().svg(), "call series(name, y) first");
    assertMistake(() -> Plots.bars(names("c", 3)).series("a", Y), "Expected 3 values", "got 4");
    assertMistake(() -> Plots.bars(List.of()), "at least one category");
    assertMistake(() -> Plots.bars(names("c", 3)).png(), "call series(name, values) first");
    assertMistake(() -> Plots.scatter().group("g", X, Y, List.of("a")), "4 labels", "got 1");
    assertMistake(() -> Plots.scatter().svg(), "call group(name, x, y) first");
    assertMistake(() -> Plots.grid(List.of(), 2), "at least one figure", "got 0");
    assertMistake(() -> Plots.attentionGrid(new double[0][][][]), "at least one head");
    assertMistake(
        () -> Plots.attentionGrid(new double[][][][] {{{{1, 0}, {1}}}}),
        "pattern of L0H0",
        "row 1");
  }

  private static void assertMistake(Runnable call, String... parts) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(parts);
  }

  private static Set<Color> all(Figure figure) {
    return colors(image(figure), 0, 0, figure.width(), figure.height());
  }
}
