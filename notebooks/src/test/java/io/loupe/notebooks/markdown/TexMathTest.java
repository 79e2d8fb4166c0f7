package io.loupe.notebooks.markdown;

import static org.assertj.core.api.Assertions.assertThat;

import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.jsoup.parser.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TexMathTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      value = {
        "x_i^2 @ <msubsup><mi>x</mi><mrow><mi>i</mi></mrow><mrow><mn>2</mn></mrow></msubsup>",
        "10^{-4} @ <msup><mn>10</mn><mrow><mrow><mo>−</mo><mn>4</mn></mrow></mrow></msup>",
        "a=-b @ <mi>a</mi><mo>=</mo><mo form=\"prefix\">−</mo><mi>b</mi>",
        "a-b @ <mi>a</mi><mo>−</mo><mi>b</mi>",
        "f' @ <msup><mi>f</mi><mrow><mo>′</mo></mrow></msup>",
        "\\frac{a}b @ <mfrac><mrow><mi>a</mi></mrow><mi>b</mi></mfrac>",
        "\\sqrt[3]{a} @ <mroot><mrow><mi>a</mi></mrow><mrow><mn>3</mn></mrow></mroot>",
        "a < \\beta @ <mi>a</mi><mo>&lt;</mo><mi>β</mi>",
        "\\mathbb{RA}\\mathcal{LX}\\mathbf{xY} @ <mi mathvariant=\"normal\">ℝ𝔸</mi><mi mathvariant=\"normal\">ℒ𝒳</mi><mi mathvariant=\"normal\">𝐱𝐘</mi>",
        "\\text{if x} @ <mtext>if\u00a0x</mtext>",
        "\\left( a \\right. @ <mrow><mo>(</mo><mi>a</mi></mrow>",
        "\\|x\\| @ <mo stretchy=\"false\">‖</mo><mi>x</mi><mo stretchy=\"false\">‖</mo>",
        "\\hat y @ <mover accent=\"true\"><mi>y</mi><mo>^</mo></mover>",
        "\\log(x) @ <mi>log</mi><mo stretchy=\"false\">(</mo><mi>x</mi><mo stretchy=\"false\">)</mo>",
        "\\log x @ <mi>log</mi><mspace width=\"0.167em\"></mspace><mi>x</mi>",
        "\\begin{bmatrix}1&2\\\\3&4\\end{bmatrix} @ <mrow><mo>[</mo><mtable class=\"bmatrix\"><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable><mo>]</mo></mrow>",
      })
  void turnsTexIntoMathMl(String tex, String mathMl) {
    assertThat(TexMath.toMathMl(tex, false))
        .hasValueSatisfying(
            math ->
                assertThat(math)
                    .startsWith("<math><semantics><mrow>" + mathMl + "</mrow><annotation"));
  }

  @Test
  void limitsStandAboveAndBelowWhereThereIsRoom() {
    assertThat(TexMath.toMathMl("\\sum_i^n", true).orElse("")).contains("<munderover><mo>∑</mo>");
    assertThat(TexMath.toMathMl("\\sum_i^n", false).orElse("")).contains("<msubsup><mo>∑</mo>");
    assertThat(TexMath.toMathMl("\\max_i x", true).orElse("")).contains("<munder><mi>max</mi>");
  }

  @Test
  void keepsTheTexForWhoeverCopiesIt() {
    String math = TexMath.toMathMl("a < \\sqrt{b}", false).orElse("");
    Element annotation = Jsoup.parse(math, Parser.xmlParser()).selectFirst("annotation");
    assertThat(annotation.text()).isEqualTo("a < \\sqrt{b}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\bogus{x}",
        "{a",
        "a}",
        "\\frac{a}",
        "\\frac",
        "a_",
        "\\left( a",
        "\\begin{array}{c}a\\end{array}",
        "\\begin{bmatrix}a",
        "\\begin{bmatrix}a\\end{pmatrix}",
        "\\text{a $b$ \\x}",
        "\\text{open",
        "\\sqrt[3",
        "a & b",
        "\\hat",
        "\\"
      })
  void leavesWhatItDoesNotKnow(String tex) {
    assertThat(TexMath.toMathMl(tex, true)).isEmpty();
  }
}
