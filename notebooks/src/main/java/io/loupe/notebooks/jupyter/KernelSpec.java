package io.loupe.notebooks.jupyter;

import io.loupe.notebooks.kernel.KernelProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * How Jupyter starts the kernel: the content of {@code kernel.json}.
 *
 * @param command the JVM and its arguments; {@code {connection_file}} stands for the file's name
 */
record KernelSpec(List<String> command) {
  static final String NAME = "loupe-java";
  static final String TITLE = "Java (Loupe)";

  private static final String CLASS_PATH_OPTION = "-cp";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  KernelSpec {
    command = List.copyOf(command);
  }

  /** Describes a kernel with the JVM and the class path of this process. */
  static KernelSpec ofThisProcess() {
    return of(Path.of(System.getProperty("java.home")), System.getProperty("java.class.path"));
  }

  static KernelSpec of(Path javaHome, String classPath) {
    return new KernelSpec(
        List.of(
            javaHome.resolve("bin").resolve("java").toAbsolutePath().toString(),
            "-XX:+UseSerialGC", // large data are native, the Java heap is small
            "--enable-native-access=ALL-UNNAMED",
            "-Dai.djl.offline=true",
            "-Djava.awt.headless=true",
            CLASS_PATH_OPTION,
            shortened(classPath),
            KernelProcess.class.getName(),
            "{connection_file}"));
  }

  /** Returns the class path with absolute entries; all jars of one folder become the folder. */
  private static String shortened(String classPath) {
    List<Path> entries =
        Stream.of(classPath.split(File.pathSeparator, -1))
            .filter(entry -> !entry.isBlank())
            .map(entry -> Path.of(entry).toAbsolutePath().normalize())
            .toList();
    Path folder = entries.get(0).getParent();
    if (folder != null && Set.copyOf(entries).equals(jars(folder))) {
      return folder + File.separator + "*";
    }
    return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  private static Set<Path> jars(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".jar"))
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      return Set.of(); // the entries are then named one by one
    }
  }

  /** Writes the spec under a folder of kernel specs, over what is there; returns the file. */
  Path write(Path kernels) throws IOException {
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("argv", command);
    content.put("display_name", TITLE);
    content.put("language", "java");
    content.put("interrupt_mode", "message");
    content.put(
        "env", new TreeMap<>(Map.of("OPT_OUT_TRACKING", "true", "OMP_WAIT_POLICY", "PASSIVE")));
    Path file = file(kernels);
    Files.createDirectories(kernels.resolve(NAME));
    Files.writeString(file, JSON.writeValueAsString(content) + "\n");
    return file;
  }

  /** Removes the spec from a folder of kernel specs; says whether it was there. */
  static boolean remove(Path kernels) throws IOException {
    boolean removed = Files.deleteIfExists(file(kernels));
    if (removed) {
      Files.delete(kernels.resolve(NAME));
    }
    return removed;
  }

  /** Returns where the spec lies under a folder of kernel specs. */
  static Path file(Path kernels) {
    return kernels.resolve(NAME).resolve("kernel.json");
  }

  /**
   * Reads a spec back.
   *
   * @throws IOException if the file cannot be read or holds no command
   */
  static KernelSpec read(Path file) throws IOException {
    List<String> command = new ArrayList<>();
    try {
      for (JsonNode argument : JSON.readTree(Files.readString(file)).path("argv")) {
        command.add(argument.asString());
      }
    } catch (JacksonException e) {
      throw new KernelSpecException(file, "is no JSON: " + e.getOriginalMessage());
    }
    if (command.isEmpty()) {
      throw new KernelSpecException(file, "has no list \"argv\"");
    }
    return new KernelSpec(command);
  }

  /** Returns the files that the command needs and that are not there. */
  List<Path> missing() {
    List<Path> needed = new ArrayList<>(List.of(Path.of(command.get(0))));
    int option = command.indexOf(CLASS_PATH_OPTION);
    if (option >= 0 && option + 1 < command.size()) {
      for (String entry : command.get(option + 1).split(File.pathSeparator, -1)) {
        boolean folder = entry.endsWith(File.separator + "*");
        needed.add(Path.of(folder ? entry.substring(0, entry.length() - 2) : entry));
      }
    }
    return needed.stream().filter(path -> !Files.exists(path)).toList();
  }
}
