package io.loupe.notebooks.cli;

import io.loupe.workbench.family.Families;
import io.loupe.workbench.laboratory.CompiledModels;
import io.loupe.workbench.laboratory.SmallModels;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code loupe models}. */
@Command(
    name = "models",
    description =
        "Shows the models that are shipped or compiled, and the model families that can be loaded.",
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
    out.println("Shipped, for HookedTransformer.load:");
    out.println(SmallModels.shipped());
    out.println("Compiled, for CompiledModels.byName:");
    out.println(CompiledModels.overview());
    out.println("Families:");
    out.println(Families.table());
    out.flush();
  }
}
