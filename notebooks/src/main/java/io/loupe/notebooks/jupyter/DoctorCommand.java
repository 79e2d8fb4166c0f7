package io.loupe.notebooks.jupyter;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** {@code loupe jupyter doctor}. */
@Command(
    name = "doctor",
    description = "Says what notebooks in Jupyter need, what of it is missing and how to get it.")
final class DoctorCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    List<Check> checks = new Doctor().examine();
    checks.forEach(check -> check.lines().forEach(out::println));
    out.println("Only Jupyter needs Python: `loupe report` does without Jupyter and Python.");
    out.flush();
    return checks.stream().allMatch(Check::ok) ? ExitCode.OK : ExitCode.SOFTWARE;
  }
}
