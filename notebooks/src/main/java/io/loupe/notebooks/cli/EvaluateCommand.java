package io.loupe.notebooks.cli;

import io.loupe.workbench.evaluation.EvaluationReport;
import io.loupe.workbench.evaluation.ModelEvaluation;
import io.loupe.workbench.laboratory.SmallModels;
import io.loupe.workbench.model.HookedTransformer;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loupe models evaluate}. */
@Command(
    name = "evaluate",
    description = "Asks a model the tasks' prompts of the test split, and random tokens twice.",
    footer = {
      "",
      "Accuracy: the best right answer has a larger logit than the best wrong one.",
      "First of all: it has the largest logit of all tokens.",
      "A model of one task alone, and a compiled one, is measured on that; the options do not apply."
    })
final class EvaluateCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      defaultValue = "loupe-lm",
      description =
          "A shipped or compiled model, a folder or a hub name; ${DEFAULT-VALUE} if not given.")
  private String model = "loupe-lm";

  @Option(
      names = "--prompts",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many prompts each ability gets; ${DEFAULT-VALUE} if not given.")
  private int prompts = 100;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Another seed, other prompts; ${DEFAULT-VALUE} if not given.")
  private long seed;

  @Option(
      names = "--only",
      paramLabel = "ABILITY",
      split = ",",
      description = "These abilities alone, such as ioi,key-value-32.")
  private List<String> only = List.of();

  @Override
  public Integer call() throws IOException {
    if (prompts < 1) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "Expected at least one prompt, got " + prompts);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (SmallModels.names().contains(model)) {
      refuseOptions();
      out.println(SmallModels.evaluate(model));
      out.flush();
      return ExitCode.OK;
    }
    ModelEvaluation evaluation = ModelEvaluation.of(HookedTransformer.load(model)).seed(seed);
    if (!only.isEmpty()) {
      evaluation = evaluation.only(only.toArray(String[]::new));
    }
    EvaluationReport report = evaluation.run(prompts);
    out.print(report);
    out.flush();
    return ExitCode.OK;
  }

  private void refuseOptions() {
    CommandLine.ParseResult given = spec.commandLine().getParseResult();
    if (Stream.of("--prompts", "--seed", "--only").anyMatch(given::hasMatchedOption)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "The model '%s' does one thing alone; --prompts, --seed and --only are for models of language"
              .formatted(model));
    }
  }
}
