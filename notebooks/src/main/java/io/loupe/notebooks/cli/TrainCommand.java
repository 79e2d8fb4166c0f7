package io.loupe.notebooks.cli;

import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.laboratory.Recipe;
import io.loupe.workbench.laboratory.Recipes;
import io.loupe.workbench.model.HookedTransformer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loupe train}. */
@Command(
    name = "train",
    description = "Trains one of the project's small models by its recipe.",
    footer = {
      "",
      "A training that was broken off is resumed when it is called again with the same folder."
    })
final class TrainCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "The recipe.")
  private @Nullable String name;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "Where the model, its card and its checkpoints go.")
  private @Nullable Path folder;

  @Option(names = "--float16", description = "Write the weights in float16.")
  private boolean half;

  @Option(names = "--list", description = "Show the recipes there are.")
  private boolean list;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (list) {
      out.println(Recipes.table());
      out.flush();
      return ExitCode.OK;
    }
    if (name == null || !Recipes.names().contains(name)) {
      throw wrong(
          (name == null ? "Expected the name of a recipe" : "There is no recipe '" + name + "'")
              + "; known: "
              + String.join(", ", Recipes.names()));
    }
    if (folder == null) {
      throw wrong("Expected --out FOLDER, where the model goes");
    }
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw wrong("Expected a folder for --out, got the file " + folder);
    }
    Recipe recipe = Recipes.named(name);
    HookedTransformer model = recipe.make(folder, half ? DataType.FLOAT16 : DataType.FLOAT32);
    out.println(model);
    out.println(recipe.evaluate(model));
    out.flush();
    return ExitCode.OK;
  }

  private CommandLine.ParameterException wrong(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
