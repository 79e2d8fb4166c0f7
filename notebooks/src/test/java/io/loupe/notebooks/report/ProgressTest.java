package io.loupe.notebooks.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.display.ProgressLine;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void writesPlainLinesToAFile() {
    run(false);
    assertThat(text())
        .matches(
            "\\[ 3/12\\] model\\.run\\(\\) +\\d+\\.\\d s\\R\\[ 4/12\\] fail\\(\\) .* s  failed\\R")
        .doesNotContain("\r[");
  }

  @Test
  void writesTheLineAgainOnATerminal() {
    run(true);
    assertThat(text())
        .startsWith("\r[ 3/12] model.run()")
        .contains("\r[ 3/12] model.run()", " s\n");
    assertThat(text().split("\r\\[ 3/12\\] model\\.run\\(\\)", -1)).hasSizeGreaterThanOrEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "'import a.B;\n\n// why\nrun();\nmore();', run();",
    "'import a.B;', import a.B;",
    "'\n\n  x', x",
    "'a\tb', a b"
  })
  void namesACellByTheFirstLineThatSaysSomething(String source, String line) {
    assertThat(Progress.firstLine(source)).isEqualTo(line);
  }

  @Test
  void cutsLongLines() {
    assertThat(Progress.firstLine("x".repeat(100))).hasSize(60).endsWith("x...");
  }

  @Test
  void aNoteTakesThePlaceOfTheCellsLine() {
    note(true);
    assertThat(text()).matches("(?s).*\r7 of 9 MB *\r7 files *\n.*");
  }

  @Test
  void inAFileOnlyTheLastNoteStands() {
    note(false);
    assertThat(text()).startsWith("7 files\n[1/1]");
  }

  private void note(boolean live) {
    try (Progress progress =
        new Progress(new PrintStream(out, true, StandardCharsets.UTF_8), live)) {
      progress.started(1, 1, "load()");
      progress.note(new ProgressLine("7 of 9 MB", false));
      progress.note(new ProgressLine("7 files", true));
      progress.ended(false);
    }
  }

  private void run(boolean live) {
    try (Progress progress =
        new Progress(new PrintStream(out, true, StandardCharsets.UTF_8), live)) {
      progress.started(3, 12, "model.run()");
      progress.ended(false);
      progress.started(4, 12, "fail()");
      progress.ended(true);
    }
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }
}
