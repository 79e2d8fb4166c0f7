package io.loupe.notebooks.markdown;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarkdownHtmlTest {
  @Test
  void rendersTables() {
    assertThat(MarkdownHtml.render("| a | b |\n|---|--:|\n| 1 | 2 |"))
        .contains("<th>a</th>", "<td align=\"right\">2</td>");
  }

  @Test
  void keepsMarkdownOutOfFormulas() {
    assertThat(MarkdownHtml.render("so $\\x a_1 * b_2 * c_3 < d$ holds"))
        .isEqualTo("<p>so <span class=\"math tex\">\\x a_1 * b_2 * c_3 &lt; d</span> holds</p>\n");
  }

  @Test
  void displayFormulasMayHoldLinesThatLookLikeMarkdown() {
    assertThat(MarkdownHtml.render("text\n$$\n\\x\n= b\n- c\n$$\nmore"))
        .isEqualTo("<p>text</p>\n<div class=\"math tex\">\\x\n= b\n- c</div>\n<p>more</p>\n");
    assertThat(MarkdownHtml.render("$$ \\x^2 $$"))
        .isEqualTo("<div class=\"math tex\">\\x^2</div>\n");
    assertThat(MarkdownHtml.render("thus $$\\x^2$$ it is"))
        .contains("<span class=\"math display tex\">\\x^2</span>");
  }

  @Test
  void formulasAreMathMlWhereTheyAreUnderstood() {
    assertThat(MarkdownHtml.render("so $x$"))
        .contains("<span class=\"math\"><math><semantics><mrow><mi>x</mi></mrow>");
    assertThat(MarkdownHtml.render("$$\nx\n$$"))
        .contains("<div class=\"math\"><math display=\"block\">");
  }

  @ParameterizedTest
  @ValueSource(strings = {"it costs $5 or $6", "$ 5 and 6 $", "\\$a\\$", "`$a$`", "one $ alone"})
  void leavesOtherDollarsAlone(String markdown) {
    assertThat(MarkdownHtml.render(markdown)).doesNotContain("math").contains("$");
  }

  @Test
  void anEscapedDollarDoesNotEndAFormula() {
    assertThat(MarkdownHtml.render("$a \\$ b$")).contains(">a \\$ b</annotation>");
  }
}
