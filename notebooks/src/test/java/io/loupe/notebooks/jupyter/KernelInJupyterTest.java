package io.loupe.notebooks.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The installed kernel, seen from a real Jupyter. */
class KernelInJupyterTest {
  @TempDir private static Path folder;
  private static RealJupyter jupyter;
  private static JsonNode said;

  @BeforeAll
  static void converse() throws Exception {
    jupyter = RealJupyter.install(folder);
    said = jupyter.client("conversation");
  }

  private static List<JsonNode> heard(String part, String type) {
    return StreamSupport.stream(said.get(part).get("heard").spliterator(), false)
        .filter(message -> message.get("type").asString().equals(type))
        .toList();
  }

  private static String text(String part, String stream) {
    return heard(part, "stream").stream()
        .filter(message -> message.get("name").asString().equals(stream))
        .map(message -> message.get("text").asString())
        .reduce("", String::concat);
  }

  private static String value(String part) {
    return heard(part, "execute_result").get(0).at("/data/text~1plain").asString();
  }

  @Test
  void introducesItself() {
    JsonNode language = said.at("/info/language_info");
    assertThat(said.at("/info/implementation").asString()).isEqualTo("loupe");
    assertThat(said.at("/info/implementation_version").asString()).matches("\\d+\\.\\d+.*");
    assertThat(language.get("name").asString()).isEqualTo("java");
    assertThat(language.get("file_extension").asString()).isEqualTo(".java");
    assertThat(language.get("codemirror_mode").asString()).isEqualTo("text/x-java");
  }

  @Test
  void sendsValuesAndOutput() {
    assertThat(value("value")).isEqualTo("hello!");
    assertThat(text("printed", "stdout")).isEqualTo("out\n");
    assertThat(text("printed", "stderr")).isEqualTo("err\n");
    String numbers =
        IntStream.range(0, 20_000)
            .mapToObj(i -> i + "\n")
            .reduce(new StringBuilder(), StringBuilder::append, StringBuilder::append)
            .toString();
    assertThat(text("much", "stdout")).isEqualTo(numbers);
  }

  @Test
  void sendsRichValuesWithTheirMimeTypes() {
    List<JsonNode> shown = heard("rich", "display_data");
    assertThat(shown).hasSize(3);
    assertThat(shown.get(0).at("/data/text~1html").asString()).isEqualTo("<b>bold</b>");
    assertThat(shown.get(1).at("/data/text~1markdown").asString()).isEqualTo("*m*");
    assertThat(shown.get(2).at("/data/image~1svg+xml").asString()).isEqualTo("<svg/>");
    JsonNode image = heard("rich", "execute_result").get(0);
    assertThat(image.at("/data/image~1png").asString()).startsWith("iVBOR");
    assertThat(image.at("/data/text~1plain").asString()).isEqualTo("image 4 x 2");
  }

  @Test
  void sendsOutputWhileTheCellRuns() {
    assertThat(said.get("stream")).hasSize(3);
    assertThat(said.get("stream").get(2).asDouble()).isGreaterThan(0.5);
  }

  @Test
  void showsTheLineOfAnError() {
    JsonNode compile = heard("compile", "error").get(0);
    assertThat(compile.get("ename").asString()).isEqualTo("CompileError");
    assertThat(compile.get("traceback").get(1).asString()).isEqualTo("--> 2 | int b = \"text\";");
    JsonNode runtime = heard("runtime", "error").get(0);
    assertThat(runtime.get("ename").asString()).isEqualTo("ArrayIndexOutOfBoundsException");
    assertThat(runtime.get("evalue").asString()).isEqualTo("Index 5 out of bounds for length 1");
    assertThat(runtime.get("traceback").get(1).asString()).isEqualTo("--> 3 | c[5] = 2;");
    assertThat(said.at("/runtime/reply/status").asString()).isEqualTo("error");
  }

  @Test
  void isInterruptedAndGoesOn() {
    for (String part : List.of("loop", "sleep", "printing")) {
      assertThat(said.at("/" + part + "/reply/ename").asString()).isEqualTo("Interrupted");
      assertThat(heard(part, "error")).hasSize(1);
    }
    assertThat(value("after")).isEqualTo("5");
  }

  @Test
  void asksForInput() {
    assertThat(value("input")).isEqualTo("typed ü");
    assertThat(said.at("/noInput/reply/evalue").asString()).startsWith("Expected a front end that");
  }

  @Test
  void refusesTheCellsBehindAFailedOne() {
    assertThat(said.get("queued").toString()).isEqualTo("[\"error\",\"aborted\",\"aborted\"]");
    assertThat(value("afterQueue")).isEqualTo("6");
  }

  @Test
  void completesAndInspects() {
    JsonNode complete = said.get("complete"); // behind a character of two UTF-16 units
    assertThat(complete.get("matches").toString()).isEqualTo("[\"substring(\"]");
    assertThat(complete.get("cursor_start").asInt()).isEqualTo(17);
    assertThat(complete.get("cursor_end").asInt()).isEqualTo(21);
    assertThat(said.at("/inspect/data/text~1plain").asString())
        .contains("String String.substring(int beginIndex)");
    assertThat(said.at("/whole/status").asString()).isEqualTo("complete");
    assertThat(said.at("/open/status").asString()).isEqualTo("incomplete");
  }

  @Test
  void runsANotebookInNbconvert() throws Exception {
    Path done = folder.resolve("done.ipynb");
    RealJupyter.Output output = jupyter.convert("shows.ipynb", done);
    assertThat(output.code()).as(output.err()).isZero();
    JsonNode cells = JsonMapper.shared().readTree(Files.readString(done)).get("cells");
    assertThat(cells.at("/2/outputs/0/text").toString()).isEqualTo("[\"sum\\n\"]");
    assertThat(cells.at("/2/outputs/1/data/text~1plain").toString()).isEqualTo("[\"42\"]");
    assertThat(cells.at("/3/outputs/0/data").has("text/html")).isTrue();
    assertThat(cells.at("/3/outputs/1/data").has("text/markdown")).isTrue();
    assertThat(cells.at("/3/outputs/2/data").has("image/svg+xml")).isTrue();
    assertThat(cells.at("/4/outputs/0/data").has("image/png")).isTrue();
  }

  @Test
  void runsTheFirstNotebookWithItsFigures() throws Exception {
    Path done = folder.resolve("first-look.ipynb");
    Path notebook = Path.of("01-first-look.ipynb").toAbsolutePath();
    RealJupyter.Output output = jupyter.convert(notebook, done);
    assertThat(output.code()).as(output.err()).isZero();
    JsonNode cells = JsonMapper.shared().readTree(Files.readString(done)).get("cells");
    List<JsonNode> outputs =
        cells.findValues("outputs").stream().flatMap(JsonNode::valueStream).toList();
    assertThat(outputs).filteredOn(o -> o.at("/data").has("image/svg+xml")).hasSize(5);
    assertThat(outputs).filteredOn(o -> o.at("/data").has("text/html")).hasSize(2);
    assertThat(outputs)
        .filteredOn(o -> o.at("/name").asString("").equals("stderr") && !isProgress(o))
        .isEmpty();
  }

  /** On a busy machine a sweep takes more than the second up to which it says nothing. */
  private static boolean isProgress(JsonNode output) {
    return output.get("text").toString().matches("(?s).*: \\d+ cells in \\d+ s.*");
  }

  @Test
  void aFailingNotebookFailsInNbconvertWithTheLine() throws Exception {
    RealJupyter.Output output = jupyter.convert("fails.ipynb", folder.resolve("failed.ipynb"));
    assertThat(output.code()).isNotZero();
    assertThat(output.err())
        .contains("--> 3 | one[5] = 2; // fails here")
        .contains("Index 5 out of bounds for length 1");
  }

  @Test
  void answersAtEachOfFiftyStarts() throws Exception {
    JsonNode seconds = jupyter.client("starts", "50").get("seconds");
    assertThat(seconds).hasSize(50).allMatch(each -> each.asDouble() < 10);
  }

  @Test
  void endsWithTheProcessThatStartedIt() throws Exception {
    // a port tells more than the process, which may wait as a zombie for a lazy init
    int port = jupyter.client("orphan").get("port").asInt();
    int tries = 0;
    while (listens(port) && tries < 300) {
      Thread.sleep(100);
      tries++;
    }
    assertThat(listens(port)).isFalse();
  }

  private static boolean listens(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (ConnectException e) {
      return false;
    }
  }
}
