package io.loupe.notebooks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.notebooks.ipynb.Cell;
import io.loupe.notebooks.ipynb.Notebook;
import io.loupe.notebooks.ipynb.NotebookWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LoupeTest {
  private static final String GOLDEN = "../workbench-lib/src/test/resources/golden/";

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void reportWritesThePageAndPrintsWhereLast() throws IOException {
    Path page = folder.resolve("sub/page.html");
    assertThat(run("report", notebook("1 + 1"), "--out", page.toString())).isZero();

    assertThat(page).content().contains("<pre class=\"out value\" tabindex=\"0\">2</pre>");
    assertThat(out.toString().lines().reduce((first, second) -> second)).contains(page.toString());
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void reportFailsWithTheCellAndStillWrites() throws IOException {
    Path page = folder.resolve("page.html");
    String notebook = notebook("int x = 1;\nint y = x / 0;");
    assertThat(run("report", notebook, "--out", page.toString())).isEqualTo(1);

    assertThat(page).exists();
    assertThat(err.toString())
        .hasLineCount(1)
        .contains("error: " + notebook + ", cell 1, line 2: ArithmeticException: / by zero");
    assertThat(out.toString().strip()).isEqualTo(page.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                        | 2 | Expected a command: ",
        "report                  | 2 | Missing required parameter: 'NOTEBOOK'",
        "report no.ipynb         | 2 | there is no file no.ipynb",
        "report src              | 2 | not a file: src",
        "report pom.xml          | 1 | pom.xml is not a notebook of nbformat 4: not JSON",
        "bench                   | 2 | Expected the name of a benchmark; known: ",
        "bench none              | 2 | There is no benchmark 'none'; known: ",
        "bench fixture-holds --device tpu | 2 | Expected the device cpu, or gpu and its number such as gpu0; got 'tpu'",
        "bench fixture-holds --device gpu9 | 1 | there is no gpu9",
        "bench fixture-holds --json src | 2 | Expected a file for --json, got the folder src",
        "parity                  | 2 | Missing required parameter: 'FOLDER'",
        "parity src --tolerance -1 | 2 | Expected a tolerance of at least 0, got -1.0",
        "models evaluate --prompts 0 | 2 | Expected at least one prompt, got 0",
        "models evaluate --only ioj | 1 | No ability 'ioj'; there are [ioi, ",
        "models evaluate sort --only ioi | 2 | The model 'sort' does one thing alone; --prompts, --seed and --only are for models of language",
        "models evaluate no-model | 1 | no-model: neither a folder",
        "train                   | 2 | Expected the name of a recipe; known: induction-2l, brackets",
        "train none              | 2 | There is no recipe 'none'; known: induction-2l",
        "train brackets          | 2 | Expected --out FOLDER, where the model goes",
        "train brackets --out pom.xml | 2 | Expected a folder for --out, got the file pom.xml",
        "bnch                    | 2 | Unmatched argument at index 0: 'bnch'",
        "report pom.xml --oops   | 2 | Unknown option: '--oops'",
      })
  void anErrorIsOneClearLine(String arguments, int exitCode, String message) {
    int code = run(arguments == null ? new String[0] : arguments.split(" "));

    assertThat(code).isEqualTo(exitCode);
    assertThat(err.toString().lines().findFirst().orElse("")).startsWith("error: " + message);
    assertThat(err.toString()).doesNotContain("\tat ");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void anUnknownBenchmarkListsTheKnownOnes() {
    run("bench", "none");
    assertThat(err.toString()).contains("fixture-fails, fixture-holds");
  }

  @Test
  void debugShowsWhere() {
    assertThat(run("report", "pom.xml", "--debug")).isEqualTo(1);
    assertThat(err.toString()).contains("\tat io.loupe.notebooks.ipynb.NotebookReader");
  }

  @Test
  void parityComparesAndWritesJson() throws IOException {
    Path json = folder.resolve("parity.json");
    assertThat(run("parity", GOLDEN + "gemma2", "--json", json.toString())).isZero();
    assertThat(out.toString())
        .contains("gemma2: holds")
        .contains("zero_head")
        .contains("generate_greedy");
    JsonNode result = new JsonMapper().readTree(json.toFile()).get(0);
    assertThat(result.get("holds").booleanValue()).isTrue();
    assertThat(result.get("worst").get("logits").doubleValue()).isBetween(0.0, 1e-4);
    assertThat(result.get("tensors").size()).isEqualTo(18);
  }

  @Test
  void parityFailsAboveTheToleranceAndGoesOn() {
    assertThat(run("parity", "src", GOLDEN + "gpt2", "--tolerance", "1e-12")).isEqualTo(1);
    assertThat(err.toString()).startsWith("error: ").contains("expected.safetensors");
    assertThat(out.toString()).contains("src: DOES NOT HOLD").contains("gpt2: DOES NOT HOLD");
  }

  @Test
  void modelsShowsEveryFamily() {
    assertThat(run("models")).isZero();
    assertThat(out.toString())
        .contains("gemma3_text", "distilbert")
        .containsPattern("sort +three letters, six places")
        .containsPattern("compiled-backup-head .* 3 ");
  }

  @Test
  void modelsEvaluatePrintsWhatAModelCanDo() {
    assertThat(
            run("models", "evaluate", "--prompts", "6", "--only", "ioi,successor,repeated-tokens"))
        .isZero();
    assertThat(out.toString())
        .startsWith("loupe-lm (weights ")
        .containsPattern("ioi +6 +100.0 % ")
        .containsPattern("successor +6 +100.0 % ")
        .contains("Repeated random tokens, 16 sequences of 64");
    assertThat(out.toString()).doesNotContain("pronoun");
  }

  @Test
  void modelsEvaluateMeasuresModelsOfOneTask() {
    assertThat(run("models", "evaluate", "sort")).isZero();
    assertThat(out.toString())
        .startsWith("sort (weights b646e3536255)")
        .containsPattern("accuracy on all 729 inputs +1\n");
  }

  @Test
  void modelsEvaluateMeasuresCompiledOnes() {
    assertThat(run("models", "evaluate", "compiled-sort")).isZero();
    assertThat(out.toString())
        .startsWith("compiled-sort (weights ")
        .containsPattern("accuracy on all 177,147 inputs of 11 tokens +1\n");
  }

  @Test
  void versionAndHelp() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("(?s)loupe \\d+\\.\\d+\\S*.*Java \\d+.*");
    assertThat(run("bench", "--help")).isZero();
    assertThat(out.toString()).contains("--device", "--json", "--list");
  }

  @Test
  void benchShowsATableAndWritesJson() throws IOException {
    Path json = folder.resolve("sub/bench.json");
    assertThat(run("bench", "fixture-holds", "--json", json.toString())).isZero();

    assertThat(out.toString())
        .isEqualTo(
            """
            name          value  unit  bar      holds
            ratio         1.201  x     <= 1.25  yes
            tokens  12350000000
            """);
    JsonNode list = JsonMapper.shared().readTree(Files.readString(json, StandardCharsets.UTF_8));
    assertThat(list.toString())
        .isEqualTo(
            "[{\"name\":\"ratio\",\"value\":1.20095,\"unit\":\"x\",\"bar\":\"<= 1.25\",\"holds\":true},"
                + "{\"name\":\"tokens\",\"value\":1.2345678901E10,\"unit\":\"\",\"bar\":null,\"holds\":true}]");
  }

  @Test
  void benchFailsIfABarDoesNotHold() {
    assertThat(run("bench", "fixture-holds", "fixture-fails")).isEqualTo(1);
    assertThat(out.toString()).containsPattern("rate +0\\.02 +1/s +>= 10 +NO");
  }

  @Test
  void benchListsWhatThereIs() {
    assertThat(run("bench", "--list")).isZero();
    assertThat(out.toString()).contains("fixture-holds    Keeps to its bar");
  }

  private String notebook(String code) throws IOException {
    Path file = folder.resolve("n.ipynb");
    NotebookWriter.write(new Notebook(5, Map.of(), List.of(new Cell.Code(code))), file);
    return file.toString();
  }

  private int run(String... arguments) {
    CommandLine line = Loupe.commandLine();
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    return line.execute(arguments);
  }
}
