package io.loupe.notebooks.jupyter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** {@code loupe jupyter install}. */
@Command(
    name = "install",
    description = "Writes the kernel spec, so that Jupyter offers \"Java (Loupe)\".")
final class InstallCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @ArgGroup private @Nullable Place place;

  @Override
  public Integer call() throws IOException {
    Path file = KernelSpec.ofThisProcess().write((place == null ? new Place() : place).kernels());
    spec.commandLine()
        .getOut()
        .println("Installed the kernel \"" + KernelSpec.TITLE + "\": " + file);
    spec.commandLine().getOut().println("Open a notebook with: jupyter notebook");
    spec.commandLine().getOut().flush();
    return ExitCode.OK;
  }
}
