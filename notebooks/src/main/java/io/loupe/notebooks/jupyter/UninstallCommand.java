package io.loupe.notebooks.jupyter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** {@code loupe jupyter uninstall}. */
@Command(
    name = "uninstall",
    description = "Removes the kernel spec that `install` with the same option wrote.")
final class UninstallCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @ArgGroup private @Nullable Place place;

  @Override
  public Integer call() throws IOException {
    Path kernels = (place == null ? new Place() : place).kernels();
    boolean removed = KernelSpec.remove(kernels);
    spec.commandLine()
        .getOut()
        .println(
            removed
                ? "Removed the kernel \"" + KernelSpec.TITLE + "\" from " + kernels
                : "There is no kernel \"" + KernelSpec.TITLE + "\" in " + kernels);
    spec.commandLine().getOut().flush();
    return ExitCode.OK;
  }
}
