package io.loupe.kernels.attention;

import ai.djl.ndarray.types.DataType;
import java.util.Locale;

/** The formats of queries, keys and values that there are kernels for. */
enum NumberFormat {
  F32(4),
  F16(2),
  BF16(2);

  private final int bytes;

  NumberFormat(int bytes) {
    this.bytes = bytes;
  }

  int bytes() {
    return bytes;
  }

  /** Tells whether products run on tensor cores. */
  boolean onTensorCores() {
    return bytes == 2;
  }

  static NumberFormat of(DataType type) {
    return switch (type) {
      case FLOAT32 -> F32;
      case FLOAT16 -> F16;
      case BFLOAT16 -> BF16;
      default ->
          throw new IllegalArgumentException(
              "The back end cuda computes float32, float16 and bfloat16; these tensors are %s: load the model in float32, or ask for on(\"cpu-float64\")"
                  .formatted(type));
    };
  }

  /** Returns how kernels' names spell it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
