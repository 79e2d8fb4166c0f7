package io.loupe.notebooks.jupyter;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class JupyterCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int execute(String... arguments) {
    return new CommandLine(new JupyterCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments);
  }

  @Test
  void installsUnderAPrefixAndRemoves() throws Exception {
    Path file = folder.resolve("share/jupyter/kernels/loupe-java/kernel.json");
    assertThat(execute("install", "--prefix", folder.toString())).isZero();
    assertThat(out.toString()).contains("Installed the kernel \"Java (Loupe)\": " + file);
    KernelSpec spec = KernelSpec.read(file);
    assertThat(spec).isEqualTo(KernelSpec.ofThisProcess());
    assertThat(spec.missing()).isEmpty();

    assertThat(execute("install", "--prefix", folder.toString())).as("again").isZero();
    assertThat(execute("uninstall", "--prefix", folder.toString())).isZero();
    assertThat(file.getParent()).doesNotExist();
    assertThat(execute("uninstall", "--prefix", folder.toString())).isZero();
    assertThat(out.toString()).contains("There is no kernel");
  }

  @Test
  void takesOnePlaceOnly() {
    assertThat(execute("install", "--user", "--sys-prefix")).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).contains("mutually exclusive");
  }

  @Test
  void wantsACommand() {
    assertThat(execute()).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).contains("install, uninstall, doctor, run-kernel");
  }

  @Test
  void saysWhatIsWrongWithAConnectionFile() throws Exception {
    Path file = Files.writeString(folder.resolve("connection.json"), "{\"ip\": 3");
    assertThat(execute("run-kernel", file.toString())).isEqualTo(CommandLine.ExitCode.SOFTWARE);
    assertThat(err.toString()).contains("Expected in " + file + " the connection file");
    assertThat(execute("run-kernel", folder.resolve("none").toString())).isEqualTo(1);
    assertThat(err.toString()).contains("there is no such file");
  }

  @Test
  void doctorReportsEachPart() {
    int code = execute("doctor");
    assertThat(out.toString())
        .contains("JDK ", "Jupyter ", "nbconvert ", "kernel ", "DJL cache ", "PyTorch ", "fonts ")
        .contains("`loupe report` does without Jupyter and Python");
    assertThat(code).isEqualTo(out.toString().contains("MISSING") ? 1 : 0);
  }
}
