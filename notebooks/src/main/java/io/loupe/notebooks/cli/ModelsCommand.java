package io.loupe.notebooks.cli;

import io.loupe.workbench.family.Families;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code loupe models}. */
@Command(
    name = "models",
    description = "Shows the model families that can be loaded, and what each exercises.",
    subcommands = EvaluateCommand.class,
    footer = {
      "",
      "Any Hugging Face folder or hub name of such a family loads; see docs/families.md."
    })
final class ModelsCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    out.println(Families.table());
    out.flush();
  }
}
