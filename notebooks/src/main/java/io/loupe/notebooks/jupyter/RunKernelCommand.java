package io.loupe.notebooks.jupyter;

import io.loupe.notebooks.kernel.KernelProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

/** {@code loupe jupyter run-kernel}. */
@Command(
    name = "run-kernel",
    description = "Serves a front end as its kernel; Jupyter itself starts one without this.")
final class RunKernelCommand implements Callable<Integer> {
  @Parameters(paramLabel = "CONNECTION_FILE", description = "The file that the front end wrote.")
  private Path connectionFile;

  @Override
  public Integer call() throws IOException, InterruptedException {
    KernelProcess.serve(connectionFile);
    return ExitCode.OK;
  }
}
