package io.loupe.workbench.plot;

import static io.loupe.workbench.plot.FigureChecks.cell;
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
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeatmapTest {
  private static final Color NEUTRAL = new Color(0xF7F7F7);

  @Test
  void zeroIsNeutralAndSignsHaveOppositeColoursOfEqualStrength() {
    Heatmap map = Plots.heatmap(new double[][] {{-2, 0, 2}, {-1, 1, 4}});
    BufferedImage image = image(map);

    assertThat(cell(map, image, 0, 1)).isEqualTo(NEUTRAL);
    Color negative = cell(map, image, 0, 0);
    Color positive = cell(map, image, 0, 2);
    assertThat(negative.getRed()).isGreaterThan(negative.getBlue());
    assertThat(positive.getBlue()).isGreaterThan(positive.getRed());
    assertThat(ColorScale.luminance(negative))
        .isCloseTo(ColorScale.luminance(positive), within(0.1));
    assertThat(cell(map, image, 1, 2)).isEqualTo(ColorMap.DIVERGING.at(1));
  }

  @Test
  void theDivergingMapIsSymmetricAroundItsMiddle() {
    ColorScale scale = new ColorScale(ColorMap.DIVERGING, new Range(-1, 3));

    assertThat(scale.range()).isEqualTo(new Range(-3, 3));
    assertThat(scale.color(0)).isEqualTo(NEUTRAL);
    for (double x : new double[] {0.5, 1.7, 3, 99}) {
      assertThat(ColorScale.luminance(scale.color(x)))
          .isCloseTo(ColorScale.luminance(scale.color(-x)), within(0.1));
    }
  }

  @Test
  void valuesWithoutASignGetTheSequentialMapFromDarkToLight() {
    Heatmap map = Plots.heatmap(new double[][] {{0, 1, 2, 3, 4}});
    BufferedImage image = image(map);

    double before = -1;
    for (int column = 0; column < 5; column++) {
      double luminance = ColorScale.luminance(cell(map, image, 0, column));
      assertThat(luminance).isGreaterThan(before);
      before = luminance;
    }
    assertThat(cell(map.diverging(), image(map.diverging()), 0, 0)).isEqualTo(NEUTRAL);
  }

  @Test
  void rangeSetsTheEndsOfTheColours() {
    double[][] values = {{0, 1}};
    Heatmap map = Plots.heatmap(values).range(0, 2);

    assertThat(cell(map, image(map), 0, 1)).isEqualTo(ColorMap.SEQUENTIAL.at(0.5));
    assertThat(hasText(Plots.heatmap(new double[][] {{-1, 9}}).range(0, 2).svg(), "≥ 2.0"))
        .isTrue();
    assertThat(hasText(map.svg(), "≥ 2.0")).isFalse();
  }

  @Test
  void aMissingValueIsHatchedAndInTheLegend() {
    Heatmap map = Plots.heatmap(new double[][] {{1, Double.NaN, 3}});
    HeatmapLayout layout = map.layout();

    assertThat(
            colors(
                image(map),
                layout.plotX + layout.cellWidth + 1,
                layout.plotY + 1,
                layout.cellWidth - 4,
                layout.cellHeight - 4))
        .contains(ColorScale.MISSING)
        .hasSizeGreaterThan(3);
    assertThat(hasText(map.svg(), "no value")).isTrue();
    assertThat(hasText(Plots.heatmap(new double[][] {{1, 2, 3}}).svg(), "no value")).isFalse();
  }

  @Test
  void labelsTitlesAndTicksAreThere() {
    String svg =
        Plots.heatmap(noise(2, 3))
            .rows(List.of("L0", "L7"))
            .columns(List.of("Ha", "Hb", "Hc"))
            .xLabel("head")
            .yLabel("layer")
            .colorLabel("effect")
            .title("Ablation")
            .svg();

    assertThat(List.of("L0", "L7", "Ha", "Hb", "Hc", "head", "layer", "effect", "Ablation"))
        .allSatisfy(text -> assertThat(hasText(svg, text)).as(text).isTrue());
    assertThat(hasText(svg, "Hx")).isFalse();
  }

  @Test
  void rowZeroIsAtTheTop() {
    Heatmap map = Plots.heatmap(new double[][] {{0}, {5}});

    assertThat(cell(map, image(map), 0, 0)).isEqualTo(ColorMap.SEQUENTIAL.at(0));
    assertThat(cell(map, image(map), 1, 0)).isEqualTo(ColorMap.SEQUENTIAL.at(1));
  }

  @Test
  void cellTextStandsOutFromItsCell() {
    Heatmap map =
        Plots.heatmap(new double[][] {{0, 1}}).cellText(new String[][] {{"dark\n0.1", "light"}});
    HeatmapLayout layout = map.layout();
    BufferedImage image = image(map);

    assertThat(hasText(map.svg(), "dark")).isTrue();
    assertThat(hasText(map.svg(), "0.1")).isTrue();
    assertThat(
            colors(image, layout.plotX, layout.plotY, layout.cellWidth - 2, layout.cellHeight - 2))
        .contains(Color.WHITE);
    assertThat(
            colors(
                image,
                layout.plotX + layout.cellWidth,
                layout.plotY,
                layout.cellWidth - 2,
                layout.cellHeight - 2))
        .contains(Color.BLACK);
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,40", "40,1", "48,12", "12,48", "12,200", "200,300", "5,8"})
  void everyShapeFitsANotebookAndStaysInItsFrame(int rows, int columns) {
    Heatmap map = Plots.heatmap(noise(rows, columns)).title("A title").xLabel("x").yLabel("y");
    BufferedImage image = image(map);

    assertThat(map.width()).isBetween(80, Style.NOTEBOOK_WIDTH);
    assertThat(map.height()).isBetween(80, 800);
    assertThat(image.getWidth()).isEqualTo(2 * map.width());
    assertThat(image.getHeight()).isEqualTo(2 * map.height());
    assertThat(map.layout().plotX + map.layout().plotWidth).isLessThan(map.layout().barX);
    assertThat(borderColors(image)).containsExactly(Color.WHITE);
  }

  private static List<Color> borderColors(BufferedImage image) {
    int right = image.getWidth() / 2 - 1;
    int bottom = image.getHeight() / 2 - 1;
    return Stream.of(
            colors(image, 0, 0, right, 1),
            colors(image, 0, bottom, right, 1),
            colors(image, 0, 0, 1, bottom),
            colors(image, right, 0, 1, bottom))
        .flatMap(Collection::stream)
        .distinct()
        .toList();
  }

  @Test
  void constantAndMissingMatricesAreDrawn() {
    Heatmap zero = Plots.heatmap(new double[3][3]);
    double[][] nan = new double[3][3];
    Arrays.stream(nan).forEach(row -> Arrays.fill(row, Double.NaN));
    Heatmap missing = Plots.heatmap(nan);

    assertThat(cell(zero, image(zero), 1, 1)).isEqualTo(ColorMap.SEQUENTIAL.at(0));
    assertThat(hasText(zero.svg(), "1.0")).isTrue();
    assertThat(hasText(missing.svg(), "no value")).isTrue();
    assertThat(hasText(missing.svg(), "1.0")).isFalse();
    assertThat(Plots.heatmap(new double[][] {{-3, -3}}).description())
        .endsWith("colours from -3 to 3");
  }

  @Test
  void anAskedForSizeIsKept() {
    Heatmap map = Plots.heatmap(noise(6, 6)).title("Sized").withSize(500, 300);

    assertThat(image(map).getWidth()).isEqualTo(1000);
    assertThat(image(map).getHeight()).isEqualTo(600);
    assertThat(map.layout().plotY + map.layout().plotHeight).isLessThan(300);
    assertThat(borderColors(image(map))).containsExactly(Color.WHITE);
  }

  @Test
  void attentionLeavesTheFutureBlankAndNamesTokensOnBothAxes() {
    Heatmap map = Plots.attention(pattern(4), List.of("<s>", " Lily", "\n", "said"));
    BufferedImage image = image(map);

    assertThat(cell(map, image, 0, 1)).isEqualTo(Color.WHITE);
    assertThat(cell(map, image, 2, 3)).isEqualTo(Color.WHITE);
    assertThat(cell(map, image, 3, 0)).isEqualTo(ColorMap.SEQUENTIAL.at(0.25));
    assertThat(map.layout().cellWidth).isEqualTo(map.layout().cellHeight);
    for (String token : List.of("<s>", "·Lily", "↵", "said", "query", "key")) {
      assertThat(hasText(map.svg(), token)).as(token).isTrue();
    }
  }

  @Test
  void aPatternThatLooksAheadIsDrawnWhole() {
    double[][] both = {{0.5, 0.5}, {0.5, 0.5}};
    Heatmap map = Plots.attention(both, List.of("a", "b"));

    assertThat(cell(map, image(map), 0, 1)).isEqualTo(ColorMap.SEQUENTIAL.at(0.5));
  }

  @Test
  void manyCellsBecomeOneSharpImage() {
    Heatmap map = Plots.heatmap(noise(100, 100));
    String svg = map.svg();

    assertThat(svg).contains("<image").contains("image-rendering:pixelated");
    assertThat(svg.length()).isLessThan(120_000);
    assertThat(cell(map, image(map), 50, 50))
        .isEqualTo(map.options().scale(map.values()).color(map.values().at(50, 50)));
  }

  @Test
  void strangeTokensNeverBreakAFigure() {
    List<String> tokens =
        List.of(
            " a",
            "\n",
            "\t",
            "▁the",
            "Ġpark",
            "\"",
            "<&>",
            "$x$",
            "你好",
            "한국",
            "😀",
            "🦜",
            "",
            "\u0000",
            "\uFFFE",
            "\uD800",
            "\u200D",
            "שלום",
            "مرحبا",
            "e\u0301",
            "x".repeat(300),
            "]]>",
            "\r\n");
    Heatmap map = Plots.attention(pattern(tokens.size()), tokens).title(String.join("", tokens));

    assertThat(parse(map.svg()).getElementsByTagName("use").getLength()).isGreaterThan(100);
    assertThat(map.width()).isLessThanOrEqualTo(Style.NOTEBOOK_WIDTH);
    assertThat(borderColors(image(map))).containsExactly(Color.WHITE);
  }

  @Test
  void mistakesSayWhatWasExpectedAndWhatCame() {
    assertMistake(() -> Plots.heatmap(new double[][] {{1, 2}, {3}}), "2 columns", "got 1 in row 1");
    assertMistake(() -> Plots.heatmap(new double[0][]), "at least one row", "0 x 0");
    assertMistake(
        () -> Plots.heatmap(noise(2, 3)).rows(names("L", 3)), "Expected 2 labels", "got 3");
    assertMistake(() -> Plots.heatmap(noise(2, 3)).columns(names("H", 2)), "3 labels", "got 2");
    assertMistake(() -> Plots.heatmap(noise(2, 3)).range(1, 1), "minimum below", "1.0 and 1.0");
    assertMistake(
        () -> Plots.heatmap(noise(2, 2)).cellText(new String[][] {{"a", "b"}, {"c"}}),
        "2 x 2",
        "[2, 1]");
    assertMistake(() -> Plots.attention(noise(2, 3), names("t", 2)), "square", "2 x 3");
    assertMistake(() -> Plots.attention(pattern(3), names("t", 2)), "3 labels", "got 2");
    assertMistake(() -> Plots.heatmap(noise(2, 3)).withSize(5, 300), "80 to 8000", "5 x 300");
    assertMistake(() -> Plots.heatmap(noise(3, 2)).causal(), "at least as many keys", "3 x 2");
  }

  private static void assertMistake(Runnable call, String... parts) {
    assertThatThrownBy(call::run)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void aFigureDoesNotSeeLaterChangesOfItsData() {
    double[][] values = {{0, 1}};
    Heatmap map = Plots.heatmap(values);
    String before = map.svg();

    values[0][0] = 7;

    assertThat(map.svg()).isEqualTo(before);
  }
}
