package io.loupe.notebooks.cli;

import io.loupe.notebooks.Version;
import io.loupe.notebooks.jupyter.JupyterCommand;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command {@code loupe}. */
@Command(
    name = "loupe",
    description = "A workbench for looking inside transformers.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Loupe.VersionLines.class,
    scope = ScopeType.INHERIT,
    usageHelpAutoWidth = true,
    subcommands = {
      ReportCommand.class,
      ModelsCommand.class,
      ParityCommand.class,
      BenchCommand.class,
      TrainCommand.class,
      JupyterCommand.class
    })
public final class Loupe implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of an error.")
  private boolean debug;

  private Loupe() {}

  /**
   * Runs a command and ends the JVM: 0 if it went well, 1 if it failed, 2 if it was called wrongly.
   */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** Returns the command line, not yet run. */
  static CommandLine commandLine() {
    Loupe loupe = new Loupe();
    return new CommandLine(loupe)
        .setExecutionExceptionHandler((error, line, parsed) -> loupe.failed(error, line))
        .setParameterExceptionHandler(Loupe::calledWrongly);
  }

  /** Refuses to run without a command. */
  @Override
  public void run() {
    String known = String.join(", ", spec.subcommands().keySet());
    throw new CommandLine.ParameterException(spec.commandLine(), "Expected a command: " + known);
  }

  private int failed(Exception error, CommandLine line) {
    PrintWriter err = line.getErr();
    Errors.print(line, Errors.message(error));
    if (debug) {
      error.printStackTrace(err);
    }
    err.flush();
    return ExitCode.SOFTWARE;
  }

  private static int calledWrongly(CommandLine.ParameterException error, String[] args) {
    CommandLine line = error.getCommandLine();
    PrintWriter err = line.getErr();
    Errors.print(line, String.valueOf(error.getMessage()));
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(error, err)) {
      err.println("See '" + line.getCommandSpec().qualifiedName() + " --help'");
    }
    err.flush();
    return ExitCode.USAGE;
  }

  /** The lines of {@code --version}. */
  static final class VersionLines implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String commit = Version.commit().map(id -> " (" + id + ")").orElse("");
      return new String[] {"loupe " + Version.project() + commit, "Java " + Runtime.version()};
    }
  }
}
