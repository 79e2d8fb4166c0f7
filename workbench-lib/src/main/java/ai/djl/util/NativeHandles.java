package ai.djl.util;

import java.util.concurrent.atomic.AtomicReference;

/**
 * A door of Loupe into DJL: the reference that a native resource clears when it is freed, which has
 * no public accessor.
 */
public final class NativeHandles {
  private NativeHandles() {}

  /** Returns the cell that holds the resource's native handle, null once it was freed. */
  public static <T> AtomicReference<T> of(NativeResource<T> resource) {
    return resource.handle;
  }
}
