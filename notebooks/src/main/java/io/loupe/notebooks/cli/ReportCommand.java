package io.loupe.notebooks.cli;

import io.loupe.notebooks.report.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loupe report}. */
@Command(
    name = "report",
    description =
        "Runs a notebook from top to bottom and writes it, with its figures, as one HTML file.")
final class ReportCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(paramLabel = "NOTEBOOK", description = "The notebook (.ipynb) to run.")
  private Path notebook;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to write; reports/NAME.html if not given.")
  private @Nullable Path out;

  @Override
  public Integer call() throws IOException {
    CommandLine line = spec.commandLine();
    if (!Files.isRegularFile(notebook)) {
      throw new CommandLine.ParameterException(
          line, (Files.exists(notebook) ? "not a file: " : "there is no file ") + notebook);
    }
    Path file = out == null ? defaultFile(notebook) : out;
    // set by the launcher, which can tell; a JVM cannot before version 22
    boolean terminal = Boolean.getBoolean("loupe.terminal");
    Report.Result result = Report.make(notebook, file, new Report.Options(System.err, terminal));
    result.failure().ifPresent(failure -> Errors.print(line, notebook + ", " + failure));
    line.getOut().println(result.file());
    line.getOut().flush();
    return result.failure().isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  private static Path defaultFile(Path notebook) {
    String name = String.valueOf(notebook.getFileName());
    int dot = name.lastIndexOf('.');
    return Path.of("reports", (dot > 0 ? name.substring(0, dot) : name) + ".html");
  }
}
