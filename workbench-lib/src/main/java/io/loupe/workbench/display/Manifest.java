package io.loupe.workbench.display;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run used, to stand in the manifest at the end of its report: a model that is loaded puts
 * the SHA-256 of its weights here. There is one manifest in a JVM; whoever starts a run clears it.
 */
public final class Manifest {
  private static final Map<String, String> ENTRIES = new LinkedHashMap<>();

  private Manifest() {}

  /** Adds a line; one with the same key takes the place of the earlier one. */
  public static void put(String key, String value) {
    if (key.isBlank()) {
      throw new IllegalArgumentException("A line of the manifest needs a key, got a blank one");
    }
    synchronized (ENTRIES) {
      ENTRIES.put(key, value);
    }
  }

  /** Returns a copy of the lines, in the order in which their keys first came; not modifiable. */
  public static Map<String, String> entries() {
    synchronized (ENTRIES) {
      return Collections.unmodifiableMap(new LinkedHashMap<>(ENTRIES));
    }
  }

  /** Forgets all lines. */
  public static void clear() {
    synchronized (ENTRIES) {
      ENTRIES.clear();
    }
  }
}
