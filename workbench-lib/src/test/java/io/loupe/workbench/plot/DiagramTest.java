package io.loupe.workbench.plot;

import static io.loupe.workbench.plot.FigureChecks.colors;
import static io.loupe.workbench.plot.FigureChecks.hasText;
import static io.loupe.workbench.plot.FigureChecks.image;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loupe.workbench.plot.Diagram.Box;
import io.loupe.workbench.plot.Diagram.Line;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiagramTest {
  private static final List<Box> BOXES =
      List.of(
          new Box("embedding", 0, "", 2),
          new Box("L0H0", 1, "layer 0", 0),
          new Box("L0 mlp", 2, "", 1),
          new Box("logits", 7, "", 3));

  @Test
  void boxesAndLabelsAreWrittenAndRowsWithoutBoxesTakeNoRoom() {
    Diagram diagram =
        Plots.diagram(BOXES, List.of(new Line("embedding", "L0H0", "q", -2)))
            .title("What reads what")
            .describedAs("Circuit");
    for (String text : List.of("embedding", "L0H0", "layer 0", "q", "What reads what")) {
      assertThat(hasText(diagram.svg(), text)).as(text).isTrue();
    }
    assertThat(diagram.description()).isEqualTo("What reads what: Circuit of 4 boxes and 1 lines");
    List<Box> tight =
        List.of(BOXES.get(0), BOXES.get(1), BOXES.get(2), new Box("logits", 3, "", 3));
    assertThat(diagram.height())
        .isEqualTo(Plots.diagram(tight, List.of()).title("What reads what").height());
    assertThat(diagram.withSize(300, 200).width()).isEqualTo(300);
  }

  @Test
  void aLineShowsItsNumberByColourAndStrength() {
    Diagram below = diagram(-2);
    Diagram above = diagram(2);
    assertThat(below.svg()).isNotEqualTo(above.svg()).isNotEqualTo(diagram(Double.NaN).svg());
    assertThat(redness(below)).isPositive();
    assertThat(redness(above)).isNegative();
    // of two lines the smaller number's is the fainter one
    assertThat(
            Plots.diagram(
                    BOXES,
                    List.of(
                        new Line("embedding", "L0H0", "", 2), new Line("L0H0", "logits", "", 1)))
                .svg())
        .isNotEqualTo(
            Plots.diagram(
                    BOXES,
                    List.of(
                        new Line("embedding", "L0H0", "", 1), new Line("L0H0", "logits", "", 2)))
                .svg());
  }

  private static Diagram diagram(double value) {
    return Plots.diagram(
        List.of(new Box("a", 0, "", 0), new Box("b", 1, "", 0)),
        List.of(new Line("a", "b", "", value)));
  }

  /** How much redder than blue the most colourful pixel between the two boxes is. */
  private static int redness(Diagram diagram) {
    double middle = diagram.height() / 2.0;
    return colors(image(diagram), 0, middle - 5, diagram.width() - 1, 10).stream()
        .mapToInt(color -> color.getRed() - color.getBlue())
        .reduce(0, (a, b) -> Math.abs(a) > Math.abs(b) ? a : b);
  }

  @Test
  void whatCannotBeDrawnIsRefused() {
    assertThatThrownBy(() -> Plots.diagram(List.of(), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one box");
    assertThatThrownBy(() -> Plots.diagram(List.of(BOXES.get(0), BOXES.get(0)), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Two boxes are called 'embedding'");
    for (Line line :
        List.of(new Line("L0H0", "embedding", "", 0), new Line("L0H0", "L9H9", "", 0))) {
      assertThatThrownBy(() -> Plots.diagram(BOXES, List.of(line)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a higher row; got");
    }
  }
}
