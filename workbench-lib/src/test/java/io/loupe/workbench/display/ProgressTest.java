package io.loupe.workbench.display;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest {
  @Test
  void goesToStandardErrorWhereALineOverwritesTheOneBefore() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      Display.progress(new ProgressLine("7 of 9 MB", false));
      Display.progress(new ProgressLine("done", true));
    } finally {
      System.setErr(before);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).matches("\r7 of 9 MB {91}\rdone {96}\n");
  }

  @Test
  void goesToWhoAsksForIt() {
    List<ProgressLine> lines = new ArrayList<>();
    ProgressLine line = new ProgressLine("x", false);
    try (Display.Redirection redirection = Display.redirectProgressTo(lines::add)) {
      Display.progress(line);
    }
    assertThat(lines).containsExactly(line);
  }

  @Test
  void isOneLine() {
    assertThatThrownBy(() -> new ProgressLine("a\nb", false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one line");
  }
}
