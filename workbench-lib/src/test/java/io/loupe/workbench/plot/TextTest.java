package io.loupe.workbench.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.Font;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextTest {
  private static final Font FONT = Fonts.regular(11);

  @Test
  void whitespaceThatWouldNotBeSeenGetsASign() {
    assertThat(TokenText.visible(" Lily ")).isEqualTo("·Lily·");
    assertThat(TokenText.visible("   ")).isEqualTo("···");
    assertThat(TokenText.visible("a\n\n")).isEqualTo("a↵↵");
    assertThat(TokenText.visible("\t\r\u0007")).isEqualTo("⇥\\r\\x07");
    assertThat(TokenText.visible("L0 H1")).isEqualTo("L0 H1");
    assertThat(TokenText.visible("a\u00A0b")).isEqualTo("a·b");
    assertThat(TokenText.visible("▁the Ġpark")).isEqualTo("▁the Ġpark");
  }

  @Test
  void everyCharacterTakesRoomEvenWithoutAGlyph() {
    for (String character : List.of("a", "你", "한", "🦜", "\u200D", "\uE000", "ก", "\uD800")) {
      assertThat(Text.width(character, FONT)).as(character).isGreaterThan(2);
    }
    assertThat(Text.width("", FONT)).isZero();
  }

  @Test
  void aWidthIsTheSumOfRunsInBothFonts() {
    assertThat(Text.width("ab你好", FONT))
        .isCloseTo(Text.width("ab", FONT) + Text.width("你好", FONT), within(0.01));
  }

  @Test
  void fittedTextEndsInAnEllipsisWithinItsWidth() {
    Text cut = Text.fitted("a long label for one token", FONT, 60);

    assertThat(cut.width()).isBetween(40.0, 60.0);
    assertThat(Text.fitted("short", FONT, 60).width()).isEqualTo(Text.width("short", FONT));
  }

  @Test
  void labelsTurnWhereColumnsGetNarrowAndThinOutWhereTheyAreDense() {
    List<String> tokens = Collections.nCopies(50, "token");

    assertThat(ColumnLabels.of(tokens, 60).height()).isLessThan(25);
    assertThat(ColumnLabels.of(tokens, 20).height()).isBetween(25.0, 45.0);
    assertThat(ColumnLabels.of(tokens, 20).overhang()).isPositive();
    assertThat(ColumnLabels.of(tokens, 12).overhang()).isZero();
    assertThat(uses(ColumnLabels.of(tokens, 12))).isEqualTo(50 * 5);
    assertThat(uses(ColumnLabels.of(tokens, 2))).isEqualTo(10 * 5);
  }

  private static int uses(ColumnLabels labels) {
    SvgDocument document = new SvgDocument();
    labels.paint(new SvgGraphics(document), 0, 0);
    return document.toSvg(9, 9, "").split("<use ").length - 1;
  }

  @Test
  void ticksAreRoundNumbersInTheRange() {
    assertThat(Ticks.in(new Range(-3.85, 3.85), 6).labels()).containsExactly("-2", "0", "2");
    assertThat(Ticks.in(new Range(0, 1), 6).labels())
        .containsExactly("0.0", "0.2", "0.4", "0.6", "0.8", "1.0");
    assertThat(Ticks.in(new Range(0, 2e-7), 5).labels()).contains("1e-7");
    assertThat(Ticks.stride(3.4)).isEqualTo(5);
    assertThat(Ticks.stride(0.2)).isEqualTo(1);
  }
}
