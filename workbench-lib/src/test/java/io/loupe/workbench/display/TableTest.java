package io.loupe.workbench.display;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class TableTest {
  private static final Table TABLE =
      Table.of("head", "effect", "n")
          .row("L0H1", 0.123456, 3)
          .row("<b>", -12.5, 12)
          .row(null, null, 1);

  @Test
  void htmlSetsNumbersToTheRightAndEscapes() {
    assertThat(TABLE.toHtml())
        .contains(
            "<td style=\"text-align: left\">L0H1</td><td style=\"text-align: right\">0.1235</td>")
        .contains("&lt;b&gt;")
        .contains("<th style=\"text-align: right\">effect</th>")
        .doesNotContain("<b>")
        .doesNotContain("null");
  }

  @Test
  void aCaptionStandsAboveAndIsEscaped() {
    MimeBundle shown = TABLE.display("a < b");
    assertThat(shown.data().get(MimeBundle.HTML)).isEqualTo("<p>a &lt; b</p>\n" + TABLE.toHtml());
    assertThat(shown.data().get(MimeBundle.TEXT)).isEqualTo("a < b:\n" + TABLE);
  }

  @Test
  void textHasAlignedColumns() {
    assertThat(TABLE.toString())
        .isEqualTo(
            """
            head  effect   n
            ----  ------  --
            L0H1  0.1235   3
            <b>    -12.5  12
                           1
            """);
  }

  @Test
  void csvQuotesAndKeepsAllDigits() {
    Table table = Table.of("a,b", "c").row("say \"x\"", 0.123456).row("two\nlines", 1f);

    assertThat(table.toCsv())
        .isEqualTo("\"a,b\",c\r\n\"say \"\"x\"\"\",0.123456\r\n\"two\nlines\",1.0\r\n");
  }

  @Test
  void aRowMustFitTheHeader() {
    assertThatThrownBy(() -> TABLE.row("only one"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Expected 3 cells")
        .hasMessageContaining("got 1");
    assertThatThrownBy(() -> Table.of()).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void addingARowLeavesTheOldTableAlone() {
    TABLE.row("L9H9", 1.0, 1);

    assertThat(TABLE.rows()).hasSize(3);
  }

  @Test
  void bundleHoldsHtmlFirstAndText() {
    assertThat(Renderers.render(TABLE).data().keySet())
        .containsExactly(MimeBundle.HTML, MimeBundle.TEXT);
  }

  @Test
  void numbersDoNotDependOnTheLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(Numbers.format(1234.5678)).isEqualTo("1235");
      assertThat(Numbers.fixed(0.5, 2)).isEqualTo("0.50");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void numbersAreShort() {
    assertThat(Numbers.format(0)).isEqualTo("0");
    assertThat(Numbers.format(-0.0)).isEqualTo("0");
    assertThat(Numbers.format(123456)).isEqualTo("123456");
    assertThat(Numbers.format(0.1)).isEqualTo("0.1");
    assertThat(Numbers.format(0.00012345)).isEqualTo("0.0001235");
    assertThat(Numbers.format(0.0000123456)).isEqualTo("1.235e-5");
    assertThat(Numbers.format(-2.5e9)).isEqualTo("-2.5e9");
    assertThat(Numbers.format(Double.NaN)).isEqualTo("NaN");
    assertThat(Numbers.format(Double.NEGATIVE_INFINITY)).isEqualTo("-∞");
    assertThat(Numbers.fixed(-0.001, 2)).isEqualTo("0.00");
  }
}
