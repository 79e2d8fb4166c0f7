package io.loupe.workbench.tensor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;

/** DJL's PyTorch engine, set up so that it never calls out to the network. */
public final class Engines {
  static {
    // DJL reads both before it loads its native library; without them it reports usage and looks
    // for downloads.
    if (System.getProperty("OPT_OUT_TRACKING") == null) {
      System.setProperty("OPT_OUT_TRACKING", "true");
    }
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
  }

  private Engines() {}

  /** Returns the PyTorch engine; loads its native library at the first call. */
  public static Engine pytorch() {
    return Engine.getEngine("PyTorch");
  }

  /** Returns a new scope for tensors; close it to free them. */
  public static NDManager newManager(Device device) {
    return pytorch().newBaseManager(device);
  }

  /**
   * Returns a new scope for a pass that is recorded for gradients, and the way back through it;
   * scopes inside of it are made by its {@code newSubManager}. In any other scope gradients may be
   * wrong, as DJL frees the memory of numbers that the way back reads.
   */
  public static NDManager newRecordingManager(Device device) {
    return RecordingScope.open(device);
  }
}
