package io.loupe.notebooks.eval;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CellErrorTest {
  private final CellEvaluator evaluator = new CellEvaluator();
  private final Recorder heard = new Recorder();

  @AfterEach
  void close() {
    evaluator.close();
  }

  private CellError error(String... lines) {
    return evaluator.evaluate(String.join("\n", lines), heard).error().orElseThrow();
  }

  @Test
  void aCompileErrorNamesTheLineOfTheCell() {
    CellError error = error("// a comment", "", "int a = 1;", "  int b = \"text\";", "int c = 2;");
    assertThat(error.kind()).isEqualTo(CellError.Kind.COMPILE);
    assertThat(error.line()).isEqualTo(4);
    assertThat(error.report())
        .containsExactly(
            "CompileError: incompatible types: java.lang.String cannot be converted to int",
            "--> 4 |   int b = \"text\";",
            "      |           ^^^^^^");
  }

  @Test
  void aSyntaxErrorKeepsTheWholeCellFromRunning() {
    CellError error = error("System.out.print(\"ran\");", "int[] x = {1, 2;", "int y;");
    assertThat(error.kind()).isEqualTo(CellError.Kind.COMPILE);
    assertThat(error.line()).isEqualTo(2);
    assertThat(heard.out()).isEmpty();
  }

  @Test
  void anUnknownNameInAMethodIsAnError() {
    CellError error =
        error("int half(int n) {", "  return Mth.floorDiv(n, 2);", "}", "int ok = 1;");
    assertThat(error.line()).isEqualTo(2);
    assertThat(error.report())
        .containsExactly(
            "CompileError: cannot find variable Mth",
            "--> 2 |   return Mth.floorDiv(n, 2);",
            "      |          ^^^");
  }

  @Test
  void anExceptionNamesTheLinesOfAllCellsItPassed() {
    evaluator.evaluate(
        String.join(
            "\n", "", "int at(int i) {", "  int[] one = new int[1];", "  return one[i];", "}"),
        heard);
    evaluator.evaluate("class Box {\n int get(int i) {\n  return at(i);\n }\n}", heard);
    CellError error =
        error(
            "var box = new Box();", "", "Runnable r = () -> {", "  box.get(7);", "};", "r.run();");
    assertThat(error.kind()).isEqualTo(CellError.Kind.RUNTIME);
    assertThat(error.name()).isEqualTo("ArrayIndexOutOfBoundsException");
    assertThat(error.line()).isEqualTo(4);
    assertThat(error.report())
        .containsExactly(
            "ArrayIndexOutOfBoundsException: Index 7 out of bounds for length 1",
            "--> 4 |   box.get(7);",
            "    at at (cell 1, line 4)",
            "    at Box.get (cell 2, line 3)",
            "    at lambda (cell 3, line 4)",
            "    at (cell 3, line 6)");
  }

  @Test
  void causesAreReported() {
    CellError error =
        error(
            "try {",
            "  Integer.parseInt(\"x\");",
            "} catch (NumberFormatException e) {",
            "  throw new IllegalStateException(\"outer\", e);",
            "}");
    assertThat(error.line()).isEqualTo(4);
    assertThat(error.report())
        .containsExactly(
            "IllegalStateException: outer",
            "--> 4 |   throw new IllegalStateException(\"outer\", e);",
            "    at (cell 1, line 4)",
            "Caused by NumberFormatException: For input string: \"x\"",
            "    at (cell 1, line 2)");
  }

  @Test
  void framesOfLibrariesStay() {
    CellError error = error("new io.loupe.workbench.display.MimeBundle(Map.of())");
    assertThat(error.report())
        .anyMatch(
            line -> line.startsWith("    at io.loupe.workbench.display.MimeBundle.<init>(Mime"))
        .last()
        .isEqualTo("    at (cell 1, line 1)");
  }

  @Test
  void aFailingToStringIsTheCellsError() {
    evaluator.evaluate(
        "class Bad {\n public String toString() {\n  throw new ArithmeticException(\"no\");\n }\n}",
        heard);
    CellError error = error("int x = 1;", "new Bad()");
    assertThat(error.name()).isEqualTo("ArithmeticException");
    assertThat(error.report()).contains("    at Bad.toString (cell 1, line 3)");
  }

  @Test
  void anOwnExceptionAndAnErrorAreReported() {
    assertThat(error("class Mine extends Exception {}", "throw new Mine();").name())
        .isEqualTo("Mine");
    assertThat(error("throw new OutOfMemoryError(\"native\");").name())
        .isEqualTo("OutOfMemoryError");
    assertThat(error("int deep(int n) { return deep(n + 1) + 1; }", "deep(0)").name())
        .isEqualTo("StackOverflowError");
  }

  @Test
  void theNextCellRunsAfterAnError() {
    error("int n = 1 / 0;");
    assertThat(evaluator.evaluate("1 + 1", heard).value()).isPresent();
  }
}
