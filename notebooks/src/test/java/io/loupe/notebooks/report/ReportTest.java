package io.loupe.notebooks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.loupe.notebooks.ipynb.Cell;
import io.loupe.notebooks.ipynb.Notebook;
import io.loupe.notebooks.ipynb.NotebookFormatException;
import io.loupe.notebooks.ipynb.NotebookWriter;
import io.loupe.workbench.display.Manifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final Pattern MANIFEST =
      Pattern.compile("<!-- manifest -->.*?<!-- /manifest -->", Pattern.DOTALL);

  @TempDir private Path folder;
  private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

  @Test
  void twoRunsDifferInTheManifestOnly() throws Exception {
    String first = make(everything(), "a.html");
    String second = make(everything(), "b.html");

    assertThat(MANIFEST.matcher(first).results()).hasSize(1);
    assertThat(MANIFEST.matcher(first).replaceAll(""))
        .isEqualTo(MANIFEST.matcher(second).replaceAll(""));
  }

  @Test
  void showsTextCodeAndEveryKindOfOutput() throws Exception {
    Document page = Jsoup.parse(make(everything(), "a.html"));

    assertThat(page.title()).isEqualTo("What a report holds");
    assertThat(page.select("main .text td").eachText()).contains("L3H6", "1.48");
    assertThat(page.select(".math").eachText()).anyMatch(tex -> tex.contains("softmax"));
    assertThat(page.select("pre.code")).hasSize(5);
    assertThat(page.select("pre.code").first().wholeText())
        .startsWith("import java.awt.Color;")
        .contains("losses.get(4)");
    assertThat(page.select("pre.out").eachText())
        .anyMatch(text -> text.contains("layer 0   loss 2.500"))
        .contains("a warning: the last layer was not trained", "Loss[layer=4, value=0.5]");
    assertThat(page.select(".stderr pre").text()).startsWith("a warning");
    assertThat(page.select("figure svg")).hasSize(2);
    assertThat(page.select("figure img[src^=data:image/png;base64,]")).hasSize(1);
    assertThat(page.select(".html table caption").text()).isEqualTo("One number for each head");
    assertThat(page.select(".html strong").text()).isEqualTo("sum");
    assertThat(page.select("figcaption").eachText())
        .containsExactly("Figure 1", "Figure 2", "Figure 3");
  }

  @Test
  void isAPageThatCanBeFoundOneWayIn() throws Exception {
    Document page = Jsoup.parse(make(everything(), "a.html"));

    assertThat(page.select("h1").eachText()).containsExactly("What a report holds");
    assertThat(page.select("header, nav, main")).hasSize(3);
    assertThat(page.select("html").attr("lang")).isEqualTo("en");
    assertThat(page.select("nav a").eachAttr("href"))
        .hasSize(4)
        .allMatch(href -> page.getElementById(href.substring(1)) != null);
    assertThat(page.select("figure svg").eachAttr("aria-label"))
        .containsExactly("A ramp from blue to white", "Figure 2, made by cell 2");
    assertThat(page.select("figure img").attr("alt")).isEqualTo("image 480 x 240");
    List<String> ids = page.select("[id]").eachAttr("id");
    assertThat(new HashSet<>(ids)).hasSameSizeAs(ids).contains("c2o1-ramp", "c2o2-ramp");
  }

  @Test
  void loadsNothing() throws Exception {
    Document page = Jsoup.parse(make(everything(), "a.html"));

    assertThat(page.select("script, iframe, object, embed, link:not([href=data:,])")).isEmpty();
    assertThat(page.select("[src]").eachAttr("src")).allMatch(src -> src.startsWith("data:"));
    assertThat(page.select("style").outerHtml()).doesNotContain("@import", "http");
    assertThat(page.select("meta[http-equiv=Content-Security-Policy]").attr("content"))
        .startsWith("default-src 'none'");
  }

  @Test
  void progressIsSaidToWhoWaitsAndNotInThePage() throws Exception {
    Path notebook =
        notebook(
            new Cell.Code(
                """
                import io.loupe.workbench.display.*;
                Display.progress(new ProgressLine("fetched in 17 s", true));
                """));
    Document page = Jsoup.parse(make(notebook, "a.html"));
    assertThat(page.select("pre.out, .stderr").text()).isEmpty();
    assertThat(progress.toString(StandardCharsets.UTF_8)).contains("fetched in 17 s");
  }

  @Test
  void theManifestSaysWhatWasRunAndWithWhat() throws Exception {
    Manifest.put("left over from before", "x");
    Path notebook =
        notebook(
            new Cell.Code("io.loupe.workbench.display.Manifest.put(\"model tiny\", \"abc<1>\")"));
    Element manifest = Jsoup.parse(make(notebook, "a.html")).selectFirst("section.manifest");

    Map<String, Element> lines = new java.util.HashMap<>();
    manifest.select("dt").forEach(dt -> lines.put(dt.text(), dt.nextElementSibling()));
    assertThat(lines)
        .containsKeys("Made", "Duration", "Machine", "JDK", "Operating system", "Loupe")
        .doesNotContainKey("left over from before");
    assertThat(lines.get("model tiny").text()).isEqualTo("abc<1>");
    assertThat(lines.get("Notebook").text())
        .matches("test\\.ipynb, SHA-256 [0-9a-f]{64}")
        .endsWith(sha256(notebook));
    assertThat(lines.get("Libraries").text()).contains("picocli").doesNotContain("loupe-");
    assertThat(manifest.text()).doesNotContain(folder.toString());
  }

  @Test
  void anErrorEndsTheRunButNotTheReport() throws Exception {
    Path notebook =
        notebook(
            new Cell.Markdown("# Title"),
            new Cell.Code("int x = 1;"),
            new Cell.Code(
                "System.out.println(\"before\");\nint y = x;\nthrow new IllegalStateException(\"boom\");"),
            new Cell.Markdown("never"),
            new Cell.Code("\"never\""));
    Report.Result result = Report.make(notebook, folder.resolve("a.html"), options(false));
    Document page = Jsoup.parse(Files.readString(result.file()));

    assertThat(result.failure()).contains("cell 2, line 3: IllegalStateException: boom");
    assertThat(page.select("#error .mark").text()).isEqualTo("cell 2, line 3");
    assertThat(page.select("#error").text()).contains("IllegalStateException: boom");
    assertThat(page.select(".stopped a[href=#error]").text()).isEqualTo("cell 2, line 3");
    assertThat(page.select("main").text()).contains("before", "not run: 1").doesNotContain("never");
    assertThat(progress.toString(StandardCharsets.UTF_8))
        .contains("[2/3] System.out.println(\"before\");")
        .contains("failed")
        .doesNotContain("[3/3]");
  }

  @Test
  void aCompileErrorIsOneToo() throws Exception {
    Path notebook = notebook(new Cell.Code("int a = 1;\nint b = c;"));
    Report.Result result = Report.make(notebook, folder.resolve("a.html"), options(false));

    assertThat(result.failure())
        .hasValueSatisfying(failure -> assertThat(failure).startsWith("cell 1, line 2: "));
  }

  @Test
  void withoutATitleTheFileIsTheTitle() throws Exception {
    Document page = Jsoup.parse(make(notebook(new Cell.Markdown("text")), "a.html"));
    assertThat(page.select("h1").text()).isEqualTo("test.ipynb");
    assertThat(page.select("nav")).isEmpty();
  }

  @Test
  void identityHashesStayOutOfThePage() throws Exception {
    assertThat(make(notebook(new Cell.Code("new Object()")), "a.html"))
        .contains("java.lang.Object@…");
  }

  @Test
  void refusesWhatItCannotDoBeforeItRuns() throws Exception {
    Path ran = folder.resolve("ran");
    Path notebook = notebook(new Cell.Code("Files.createFile(Path.of(\"" + ran + "\"))"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Report.make(notebook, folder, options(false)))
        .withMessageContaining("got the folder");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Report.make(notebook, notebook, options(false)))
        .withMessageContaining("its own notebook");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Report.make(notebook, notebook.resolve("a.html"), options(false)));
    assertThat(ran).doesNotExist();

    Path python = folder.resolve("python.ipynb");
    Map<String, Object> metadata = Map.of("kernelspec", Map.of("language", "python"));
    NotebookWriter.write(new Notebook(5, metadata, List.of()), python);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Report.make(python, folder.resolve("a.html"), options(false)))
        .withMessageContaining("a notebook in python");
    Path text = Files.writeString(folder.resolve("text.ipynb"), "text");
    assertThatExceptionOfType(NotebookFormatException.class)
        .isThrownBy(() -> Report.make(text, folder.resolve("a.html"), options(false)));
  }

  private static Path everything() throws URISyntaxException {
    return Path.of(ReportTest.class.getResource("everything.ipynb").toURI());
  }

  private Path notebook(Cell... cells) throws IOException {
    Path file = folder.resolve("test.ipynb");
    NotebookWriter.write(new Notebook(5, Map.of(), Stream.of(cells).toList()), file);
    return file;
  }

  private String make(Path notebook, String name) throws IOException {
    Report.Result result =
        Report.make(notebook, folder.resolve("new folder").resolve(name), options(false));
    assertThat(result.failure()).isEmpty();
    return Files.readString(result.file(), StandardCharsets.UTF_8);
  }

  private Report.Options options(boolean live) {
    return new Report.Options(new PrintStream(progress, true, StandardCharsets.UTF_8), live);
  }

  private static String sha256(Path file) throws Exception {
    return java.util.HexFormat.of()
        .formatHex(
            java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }
}
