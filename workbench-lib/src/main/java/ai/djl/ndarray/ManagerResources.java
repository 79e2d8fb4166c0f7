package ai.djl.ndarray;

import java.util.concurrent.ConcurrentHashMap;

/**
 * A door of Loupe into DJL: replaces the map in which a manager keeps its arrays, which has no
 * public accessor.
 */
public final class ManagerResources {
  private ManagerResources() {}

  /** Lets a manager without resources keep its resources in the given map from now on. */
  public static void replace(
      NDManager manager, ConcurrentHashMap<String, AutoCloseable> resources) {
    if (!(manager instanceof BaseNDManager base) || !base.resources.isEmpty()) {
      throw new IllegalArgumentException(
          "Expected a new DJL manager without resources, got " + manager);
    }
    base.resources = resources;
  }
}
