package io.loupe.notebooks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command, on the notebook it names. */
class FirstLookTest {
  private static final Pattern MANIFEST =
      Pattern.compile("<!-- manifest -->.*?<!-- /manifest -->", Pattern.DOTALL);

  @TempDir private Path folder;

  @Test
  void theReportIsCompleteAndTheSameBytesTwice() throws IOException {
    String first = make("a.html");
    String second = make("b.html");
    assertThat(MANIFEST.matcher(first).results()).hasSize(1);
    assertThat(MANIFEST.matcher(first).replaceAll(""))
        .isEqualTo(MANIFEST.matcher(second).replaceAll(""));

    Document page = Jsoup.parse(first);
    assertThat(page.title()).isEqualTo("First look: inside a small story teller");
    assertThat(page.select("pre.code")).hasSize(10);
    assertThat(page.select("main svg")).hasSize(5);
    assertThat(page.select(".stderr, .error")).isEmpty();
    assertThat(page.text())
        .contains("Lily and Ben went to the park. Lily said, \"Let's go to the park.")
        .contains("loss of the whole model: 1.348 nats per token")
        .contains("reads \"Lily\" with probability 0.93 after layer 4");
    assertThat(MANIFEST.matcher(first).results().findFirst().orElseThrow().group())
        .contains("weights of stories260k");
  }

  private String make(String name) throws IOException {
    PrintStream progress =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    Report.Result result =
        Report.make(
            Path.of("01-first-look.ipynb"),
            folder.resolve(name),
            new Report.Options(progress, false));
    assertThat(result.failure()).isEmpty();
    return Files.readString(result.file(), StandardCharsets.UTF_8);
  }
}
