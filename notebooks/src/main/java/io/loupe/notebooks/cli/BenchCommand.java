package io.loupe.notebooks.cli;

import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code loupe bench}. */
@Command(
    name = "bench",
    description = "Measures what the project claims about its speed and size.",
    footer = {"", "Exit code 1 if a number does not keep to its bar."})
final class BenchCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Parameters(paramLabel = "NAME", arity = "0..*", description = "The benchmarks to run, in order.")
  private List<String> names = List.of();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = BenchContext.CPU,
      description = "cpu or gpu0; ${DEFAULT-VALUE} if not given.")
  private String device = BenchContext.CPU;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write a list of {name, value, unit, bar, holds} too.")
  private @Nullable Path json;

  @Option(names = "--list", description = "Show the benchmarks there are.")
  private boolean list;

  @Override
  public Integer call() throws IOException {
    Map<String, Benchmark> known = known();
    if (list) {
      known.values().forEach(this::describe);
      spec.commandLine().getOut().flush();
      return ExitCode.OK;
    }
    List<Benchmark> chosen = chosen(known);
    BenchContext context = context();
    prepareJson();
    List<Measurement> measured = new ArrayList<>();
    for (Benchmark benchmark : chosen) {
      context.progress().accept(benchmark.name() + ": " + benchmark.summary());
      measured.addAll(benchmark.run(context));
    }
    spec.commandLine().getOut().print(BenchTable.text(measured));
    spec.commandLine().getOut().flush();
    if (json != null) {
      Files.writeString(json, BenchTable.json(measured), StandardCharsets.UTF_8);
    }
    return measured.stream().allMatch(Measurement::holds) ? ExitCode.OK : ExitCode.SOFTWARE;
  }

  private static Map<String, Benchmark> known() {
    Map<String, Benchmark> known = new TreeMap<>();
    for (Benchmark benchmark : ServiceLoader.load(Benchmark.class)) {
      Benchmark other = known.put(benchmark.name(), benchmark);
      if (other != null) {
        throw new IllegalStateException(
            "Two benchmarks have the name '%s': %s and %s"
                .formatted(benchmark.name(), other.getClass(), benchmark.getClass()));
      }
    }
    return known;
  }

  private void describe(Benchmark benchmark) {
    spec.commandLine().getOut().printf("%-16s %s%n", benchmark.name(), benchmark.summary());
  }

  private List<Benchmark> chosen(Map<String, Benchmark> known) {
    String all = known.isEmpty() ? "there are none" : "known: " + String.join(", ", known.keySet());
    if (names.isEmpty()) {
      throw wrong("Expected the name of a benchmark; " + all);
    }
    List<Benchmark> chosen = new ArrayList<>();
    for (String name : names) {
      Benchmark benchmark = known.get(name);
      if (benchmark == null) {
        throw wrong("There is no benchmark '" + name + "'; " + all);
      }
      chosen.add(benchmark);
    }
    return chosen;
  }

  private BenchContext context() {
    try {
      return new BenchContext(device, line -> System.err.println(line));
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  /** Fails before the minutes of measuring, not after them, if the file cannot be written. */
  private void prepareJson() throws IOException {
    if (json == null) {
      return;
    }
    if (Files.isDirectory(json)) {
      throw wrong("Expected a file for --json, got the folder " + json);
    }
    Path folder = json.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
  }

  private CommandLine.ParameterException wrong(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
