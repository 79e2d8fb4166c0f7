package io.loupe.notebooks.report;

import io.loupe.notebooks.Version;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a report was made with: the machine, the JVM, Loupe itself, its libraries. */
final class Environment {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Environment() {}

  /** Returns the lines of the manifest that do not depend on the notebook, in order. */
  static Map<String, String> lines() {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("Loupe", Version.project());
    Version.commit().ifPresent(commit -> lines.put("Git commit", commit));
    lines.put("Machine", machine());
    lines.put("JDK", Runtime.version() + " (" + System.getProperty("java.vendor") + ")");
    lines.put(
        "Operating system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    lines.put("Libraries", String.join(", ", Libraries.onClassPath()));
    return lines;
  }

  private static String machine() {
    return cpu()
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " cores, "
        + memory()
        + System.getProperty("os.arch");
  }

  private static String cpu() {
    try {
      return Files.readAllLines(CPU_INFO, StandardCharsets.UTF_8).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown CPU");
    } catch (IOException e) {
      return "unknown CPU"; // not Linux
    }
  }

  private static String memory() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? Math.round(system.getTotalMemorySize() / (double) (1L << 30)) + " GiB, "
        : "";
  }
}
