package io.loupe.notebooks.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.display.MimeBundle;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CellEvaluatorTest {
  private static CellEvaluator evaluator;
  private final Recorder heard = new Recorder();

  @BeforeAll
  static void start() {
    evaluator = new CellEvaluator();
  }

  @AfterAll
  static void close() {
    evaluator.close();
  }

  private CellResult run(String... lines) {
    return evaluator.evaluate(String.join("\n", lines), heard);
  }

  private String value(String... lines) {
    CellResult result = run(lines);
    assertThat(result.error()).isEmpty();
    return result.value().map(bundle -> bundle.data().get(MimeBundle.TEXT)).orElse("(none)");
  }

  @Test
  void theValueOfTheLastExpressionIsShown() {
    assertThat(value("int a = 20;", "int b = 22;", "a + b")).isEqualTo("42");
    assertThat(value("a")).isEqualTo("20");
    assertThat(value("List.of(1, 2) // with a comment behind")).isEqualTo("[1, 2]");
    assertThat(value("Map.of().get(\"x\")")).isEqualTo("null");
  }

  @Test
  void declarationsStatementsAndExpressionsWithSemicolonShowNothing() {
    assertThat(value("int c = 5")).isEqualTo("(none)");
    assertThat(value("c = 7")).isEqualTo("(none)");
    assertThat(value("c;")).isEqualTo("(none)");
    assertThat(value("c; // behind")).isEqualTo("(none)");
    assertThat(value("c; /* behind */ // and \"more\\\"")).isEqualTo("(none)");
    assertThat(value("\"a;\" + ';' // ;")).isEqualTo("a;;");
    assertThat(value("\"http://x;\";")).isEqualTo("(none)");
    assertThat(value("System.out.print(\"\")")).isEqualTo("(none)");
    assertThat(value("for (int i = 0; i < 2; i++) c++;")).isEqualTo("(none)");
    assertThat(value("import java.math.BigInteger")).isEqualTo("(none)");
    assertThat(value("// only a comment")).isEqualTo("(none)");
    assertThat(value("")).isEqualTo("(none)");
  }

  @Test
  void richValuesAndDisplaysArriveWithTheirMimeTypes() {
    CellResult result =
        run(
            "Display.show(MimeBundle.html(\"<b>x</b>\"));",
            "new java.awt.image.BufferedImage(2, 3, java.awt.image.BufferedImage.TYPE_INT_RGB)");
    assertThat(heard.displays).hasSize(1);
    assertThat(heard.displays.get(0).data()).containsEntry(MimeBundle.HTML, "<b>x</b>");
    assertThat(result.value().orElseThrow().data()).containsKeys(MimeBundle.PNG, MimeBundle.TEXT);
  }

  @Test
  void outputOfAllThreadsIsHeardAndTheStreamsAreRestored() {
    PrintStream out = System.out;
    PrintStream err = System.err;
    run(
        "System.out.print(\"tschü\");",
        "var t = new Thread(() -> System.out.println(\"ß €\"));",
        "t.start(); t.join();",
        "System.err.write(0xC3); System.err.write(0xBC); System.err.flush();");
    assertThat(heard.out()).isEqualTo("tschüß €" + System.lineSeparator());
    assertThat(heard.err()).isEqualTo("ü");
    assertThat(System.out).isSameAs(out);
    assertThat(System.err).isSameAs(err);
  }

  @Test
  void aCellCanDeclareAgainWhatItDeclared() {
    for (int i = 0; i < 3; i++) {
      assertThat(
              value(
                  "record Point(int x, int y) {}",
                  "int sum(Point p) { return p.x() + p.y(); }",
                  "var point = new Point(1, " + i + ");",
                  "sum(point)"))
          .isEqualTo(String.valueOf(1 + i));
    }
    assertThat(value("var point = \"now a string\";", "point")).isEqualTo("now a string");
  }

  @Test
  void declarationsOfOneCellMayUseEachOtherBackwards() {
    assertThat(
            value(
                "boolean even(int n) { return n == 0 || odd(n - 1); }",
                "boolean odd(int n) { return n != 0 && even(n - 1); }",
                "even(10)"))
        .isEqualTo("true");
  }

  @Test
  void valuesOfVariablesThatAreDeclaredAgainBecomeGarbage() throws InterruptedException {
    List<WeakReference<Object>> values = new ArrayList<>();
    Probe.made = values;
    for (int i = 0; i < 20; i++) {
      run("var kept = new io.loupe.notebooks.eval.Probe();", "new io.loupe.notebooks.eval.Probe()");
    }
    assertThat(values).hasSize(40);
    for (int i = 0; i < 50 && alive(values) > 1; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertThat(alive(values)).isEqualTo(1); // the one that the variable holds now
    assertThat(value("kept != null")).isEqualTo("true");
  }

  private static long alive(List<WeakReference<Object>> values) {
    return values.stream().filter(value -> value.get() != null).count();
  }
}
