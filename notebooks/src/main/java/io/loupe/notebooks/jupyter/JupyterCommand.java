package io.loupe.notebooks.jupyter;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code loupe jupyter}. */
@Command(
    name = "jupyter",
    description =
        "Makes the kernel \"Java (Loupe)\" known to Jupyter. Only Jupyter needs Python; reports do"
            + " not.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      InstallCommand.class,
      UninstallCommand.class,
      DoctorCommand.class,
      RunKernelCommand.class
    })
public final class JupyterCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Refuses to run without a subcommand. */
  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "Expected a command: " + String.join(", ", spec.subcommands().keySet()));
  }
}
