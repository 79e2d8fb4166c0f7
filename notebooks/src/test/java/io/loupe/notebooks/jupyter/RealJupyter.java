package io.loupe.notebooks.jupyter;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The Jupyter of this machine, with our kernel installed under a folder of the test. */
final class RealJupyter {
  private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3", "python");

  private final Path folder;
  private final String python;

  private RealJupyter(Path folder, String python) {
    this.folder = folder;
    this.python = python;
  }

  /**
   * Installs the kernel. Without Jupyter the test is skipped, and says so; it fails if the
   * environment variable LOUPE_REQUIRE_JUPYTER is 1.
   */
  static RealJupyter install(Path folder) throws IOException {
    String python = null;
    for (String candidate : PYTHONS) {
      if (python == null && has(candidate)) {
        python = candidate;
      }
    }
    if (python == null || Jupyter.ask(java.util.Map.of(), "--version").isEmpty()) {
      String missing =
          "NOT TESTED: the kernel in a real Jupyter; no `jupyter` with nbconvert and"
              + " jupyter_client here (Debian: sudo apt-get install jupyter-notebook"
              + " jupyter-nbconvert)";
      Assertions.assertNotEquals("1", System.getenv("LOUPE_REQUIRE_JUPYTER"), missing);
      System.err.println("=".repeat(80) + "\n" + missing + "\n" + "=".repeat(80));
      Assumptions.abort(missing);
    }
    int code =
        new CommandLine(new JupyterCommand())
            .execute("install", "--prefix", folder.resolve("prefix").toString());
    Assertions.assertEquals(0, code);
    return new RealJupyter(folder, String.valueOf(python));
  }

  private static boolean has(String python) throws IOException {
    try {
      return new ProcessBuilder(python, "-c", "import jupyter_client, nbconvert")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false; // there is no such command
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** What a command printed, and how it ended. */
  record Output(int code, String out, String err) {}

  /** Runs the client script from the test resources and reads what it prints. */
  JsonNode client(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(python, resource("kernel_client.py").toString()));
    command.addAll(List.of(arguments));
    Output output = run(command);
    Assertions.assertEquals(0, output.code(), () -> output.out() + output.err());
    Assertions.assertEquals("", output.err(), "neither the kernel nor its client may complain");
    return JsonMapper.shared().readTree(output.out());
  }

  /** Runs a notebook from the test resources through nbconvert; returns what nbconvert wrote. */
  Output convert(String notebook, Path into) throws Exception {
    return run(
        List.of(
            "jupyter",
            "nbconvert",
            "--to",
            "notebook",
            "--execute",
            "--output",
            into.toString(),
            resource(notebook).toString()));
  }

  private Path resource(String name) throws IOException {
    Path file = folder.resolve(name);
    try (var in = RealJupyter.class.getResourceAsStream(name)) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  private Output run(List<String> command) throws Exception {
    File out = Files.createTempFile(folder, "out", ".txt").toFile();
    File err = Files.createTempFile(folder, "err", ".txt").toFile();
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out).redirectError(err);
    for (String kind : List.of("DATA", "CONFIG", "RUNTIME")) {
      builder.environment().put("JUPYTER_" + kind + "_DIR", folder.resolve(kind).toString());
    }
    builder.environment().put("IPYTHONDIR", folder.resolve("ipython").toString());
    builder.environment().put("JUPYTER_PATH", folder.resolve("prefix/share/jupyter").toString());
    Process process = builder.start();
    try {
      Assertions.assertTrue(process.waitFor(10, TimeUnit.MINUTES), () -> command + " hangs");
    } finally {
      process.destroyForcibly();
    }
    return new Output(process.exitValue(), text(out), text(err));
  }

  private static String text(File file) throws IOException {
    return Files.readString(file.toPath(), StandardCharsets.UTF_8);
  }
}
