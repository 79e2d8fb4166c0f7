package io.loupe.workbench.display;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a run used, to stand in the manifest at the end of its report: a model that is loaded puts
 * the SHA-256 of its weights here. There is one manifest in a JVM; whoever starts a run clears it.
 */
public final class Manifest {
  private static final Map<String, Supplier<String>> ENTRIES = new LinkedHashMap<>();

  private Manifest() {}

  /** Adds a line; one with the same key takes the place of the earlier one. */
  public static void put(String key, String value) {
    put(key, () -> value);
  }

  /**
   * Adds a line whose value costs time, such as the hash of a large file: it is computed when the
   * manifest is read.
   */
  public static void put(String key, Supplier<String> value) {
    if (key.isBlank()) {
      throw new IllegalArgumentException("A line of the manifest needs a key, got a blank one");
    }
    synchronized (ENTRIES) {
      ENTRIES.put(key, value);
    }
  }

  /** Returns a copy of the lines, in the order in which their keys first came; not modifiable. */
  public static Map<String, String> entries() {
    Map<String, Supplier<String>> lines;
    synchronized (ENTRIES) {
      lines = new LinkedHashMap<>(ENTRIES);
    }
    Map<String, String> entries = new LinkedHashMap<>();
    lines.forEach((key, value) -> entries.put(key, value.get()));
    return Collections.unmodifiableMap(entries);
  }

  /** Forgets all lines. */
  public static void clear() {
    synchronized (ENTRIES) {
      ENTRIES.clear();
    }
  }
}
