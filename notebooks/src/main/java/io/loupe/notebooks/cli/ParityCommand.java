package io.loupe.notebooks.cli;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.parity.Parity;
import io.loupe.workbench.parity.ParityReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** {@code loupe parity}. */
@Command(
    name = "parity",
    description = "Compares models with the numbers in the expected.safetensors beside them.",
    footer = {
      "",
      "What the file may hold: see docs/families.md. Exit code 1 if an error is above the tolerance,",
      "or a folder cannot be read, or nothing in it could be compared."
    })
final class ParityCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(
      paramLabel = "FOLDER",
      arity = "1..*",
      description = "Model folders, each with an expected.safetensors.")
  private List<Path> folders = List.of();

  @Option(
      names = "--tolerance",
      paramLabel = "ERROR",
      defaultValue = "1e-4",
      description = "The largest absolute difference; ${DEFAULT-VALUE} if not given.")
  private double tolerance = 1e-4;

  @Option(names = "--float64", description = "Compute in float64, to tell rounding from error.")
  private boolean float64;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write a list of {folder, holds, tolerance, worst, tensors, skipped} too.")
  private @Nullable Path json;

  @Override
  public Integer call() throws IOException {
    if (!(tolerance >= 0)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "Expected a tolerance of at least 0, got " + tolerance);
    }
    PrintWriter out = spec.commandLine().getOut();
    DataType type = float64 ? DataType.FLOAT64 : DataType.FLOAT32;
    LoadOptions options = new LoadOptions(type, Device.cpu());
    List<Map<String, Object>> results = new ArrayList<>();
    boolean hold = true;
    for (Path folder : folders) {
      try {
        ParityReport report = Parity.of(folder, options);
        boolean holds = report.passes(tolerance);
        hold &= holds;
        results.add(fields(folder, report, holds));
        out.printf("%s: %s%n%s%n", folder, holds ? "holds" : "DOES NOT HOLD", report.table());
      } catch (IOException | IllegalArgumentException e) {
        hold = false;
        results.add(Map.of("folder", folder.toString(), "holds", false, "error", message(e)));
        out.printf("%s: DOES NOT HOLD%n", folder);
        Errors.print(spec.commandLine(), message(e));
      }
      out.flush();
    }
    if (json != null) {
      Files.writeString(json, text(results), StandardCharsets.UTF_8);
    }
    return hold ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  private static String message(Exception error) {
    return Errors.message(error);
  }

  private Map<String, Object> fields(Path folder, ParityReport report, boolean holds) {
    Map<String, Object> worst = new LinkedHashMap<>();
    report.worst().forEach((kind, comparison) -> worst.put(kind, number(comparison.error())));
    Map<String, Object> tensors = new LinkedHashMap<>();
    report.comparisons().forEach(c -> tensors.put(c.tensor(), number(c.error())));
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("folder", folder.toString());
    fields.put("holds", holds);
    fields.put("tolerance", tolerance);
    fields.put("worst", worst);
    fields.put("tensors", tensors);
    fields.put("skipped", report.skipped());
    return fields;
  }

  /** JSON has no infinity. */
  private static Object number(double error) {
    return Double.isFinite(error) ? error : "not a number";
  }

  private static String text(List<Map<String, Object>> results) {
    JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    return mapper.writeValueAsString(results) + "\n";
  }
}
