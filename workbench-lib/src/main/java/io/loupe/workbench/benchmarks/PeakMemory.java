package io.loupe.workbench.benchmarks;

import io.loupe.workbench.model.HookedTransformer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The most memory that a JVM of its own was resident with while it did something. */
public final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private PeakMemory() {}

  /** Tells whether this system says how much memory a process has used at most. */
  public static boolean isKnown() {
    return Files.isReadable(STATUS);
  }

  /**
   * Loads a model in a fresh JVM, started as this one was, and returns its peak in bytes.
   *
   * @param scratch a folder for what the JVM says
   * @throws IOException with the JVM's output if it fails
   */
  static long ofLoading(Path model, Path scratch) throws IOException {
    return of(PeakMemory.class, List.of(), model.toString(), scratch);
  }

  /**
   * Runs a class in a fresh JVM, started as this one was, and returns its peak in bytes.
   *
   * @param main is given the argument and the file to {@link #write} the peak to
   * @param options further ones for the JVM
   * @param scratch a folder for what the JVM says
   * @throws IOException with the JVM's output if it fails
   */
  public static long of(Class<?> main, List<String> options, String argument, Path scratch)
      throws IOException {
    Path result = scratch.resolve("peak");
    Path output = scratch.resolve("output");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !option.startsWith("-javaagent") && !option.startsWith("-agent"))
        .forEach(command::add);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(main.getName(), argument, result.toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    Thread atExit = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(atExit);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(
            "a JVM that runs %s with %s failed: %s"
                .formatted(main.getSimpleName(), argument, Files.readString(output)));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while another JVM ran " + main.getSimpleName(), e);
    } finally {
      Runtime.getRuntime().removeShutdownHook(atExit);
    }
    return Long.parseLong(Files.readString(result));
  }

  /** Loads the model of a folder and writes the peak of this JVM, in bytes, to a file. */
  public static void main(String[] folderAndResult) throws IOException {
    HookedTransformer model = HookedTransformer.load(folderAndResult[0]);
    write(Path.of(folderAndResult[1]));
    Reference.reachabilityFence(model);
  }

  /** Writes the most that this JVM was resident with to a file, in bytes. */
  public static void write(Path result) throws IOException {
    Files.writeString(result, String.valueOf(peakOfThisJvm()));
  }

  private static long peakOfThisJvm() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow(() -> new IOException(STATUS + ": no line VmHWM"));
  }
}
