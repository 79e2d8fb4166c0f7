package io.loupe.workbench.bench;

import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * What a benchmark is given.
 *
 * @param device {@code cpu}, or {@code gpu} and the number of the device: {@code gpu0}
 * @param progress takes one line of text about what is being done, for the person who waits
 */
public record BenchContext(String device, Consumer<String> progress) {
  private static final Pattern DEVICE = Pattern.compile("cpu|gpu\\d+");

  /** The device that is always there. */
  public static final String CPU = "cpu";

  public BenchContext {
    if (!DEVICE.matcher(device).matches()) {
      throw new IllegalArgumentException(
          "Expected the device cpu, or gpu and its number such as gpu0; got '" + device + "'");
    }
  }

  /** Returns whether the device is a GPU. */
  public boolean onGpu() {
    return !device.equals(CPU);
  }
}
