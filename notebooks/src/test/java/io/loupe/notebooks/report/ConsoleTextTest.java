package io.loupe.notebooks.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsoleTextTest {
  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "\\e[31mred\\e[0m, red",
    "\\e]0;title\\aafter, after",
    "1 %\\r50 %\\r100 %, 100 %",
    "1 %\\r100 %\\r, 100 %",
    "a\\r\\nb, a\\nb",
    "a\\tb\\0c, a\\tbc"
  })
  void keepsWhatAReaderOfATerminalSeesInTheEnd(String printed, String shown) {
    assertThat(ConsoleText.clean(unescape(printed))).isEqualTo(unescape(shown));
  }

  private static String unescape(String text) {
    return text.replace("\\e", "\u001b")
        .replace("\\a", "\u0007")
        .replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\0", "\0");
  }
}
