package io.loupe.workbench.model;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;

/**
 * How a model is loaded.
 *
 * @param type FLOAT32, FLOAT64 for checks of precision, or FLOAT16 on a GPU
 * @param device where it runs
 */
public record LoadOptions(DataType type, Device device) {
  /** float32 on the CPU. */
  public static final LoadOptions DEFAULT = new LoadOptions(DataType.FLOAT32, Device.cpu());

  /** float64 on the CPU, to tell rounding from error. */
  public static final LoadOptions DOUBLE = new LoadOptions(DataType.FLOAT64, Device.cpu());

  public LoadOptions {
    if (type == DataType.FLOAT16 && device.equals(Device.cpu())) {
      throw new IllegalArgumentException(
          "FLOAT16 runs on a GPU only: its matrix products on the CPU are unusably slow; use"
              + " FLOAT32 there, into which float16 weights are read without loss");
    }
    if (type != DataType.FLOAT16 && type != DataType.FLOAT32 && type != DataType.FLOAT64) {
      throw new IllegalArgumentException(
          "Models run in FLOAT32, FLOAT64 or, on a GPU, FLOAT16; got " + type);
    }
  }
}
