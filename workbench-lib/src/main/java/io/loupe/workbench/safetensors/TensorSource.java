package io.loupe.workbench.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.tensorfile.HalfFloats;
import io.loupe.workbench.tensorfile.StoredType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A tensor to be written: its type and shape, and how to get its bytes, a run of elements at a
 * time.
 */
record TensorSource(StoredType type, List<Long> shape, Encoder encoder) {
  private static final int RUN = 1 << 16;
  private static final int ARRAY_RUN = 1 << 24;

  /** Appends the little-endian bytes of some elements to the buffer. */
  @FunctionalInterface
  private interface ElementEncoder {
    void put(ByteBuffer bytes, int element);
  }

  /** Hands all bytes of the tensor, in order, to the sink. */
  @FunctionalInterface
  interface Encoder {
    void encode(ByteSink sink) throws IOException;
  }

  /** Takes the remaining bytes of a buffer. */
  @FunctionalInterface
  interface ByteSink {
    void write(ByteBuffer bytes) throws IOException;
  }

  long bytes() {
    return shape.stream().reduce((long) type.bytes(), (a, b) -> a * b);
  }

  void writeTo(ByteSink sink) throws IOException {
    encoder.encode(sink);
  }

  static TensorSource of(String name, float[] v, long[] shape) {
    return of(name, StoredType.F32, v.length, shape, (bytes, i) -> bytes.putFloat(v[i]));
  }

  static TensorSource ofFloat16(String name, float[] v, long[] shape) {
    return of(
        name,
        StoredType.F16,
        v.length,
        shape,
        (bytes, i) -> bytes.putShort(HalfFloats.fromFloat(v[i])));
  }

  static TensorSource of(String name, double[] v, long[] shape) {
    return of(name, StoredType.F64, v.length, shape, (bytes, i) -> bytes.putDouble(v[i]));
  }

  static TensorSource of(String name, long[] v, long[] shape) {
    return of(name, StoredType.I64, v.length, shape, (bytes, i) -> bytes.putLong(v[i]));
  }

  static TensorSource of(String name, int[] v, long[] shape) {
    return of(name, StoredType.I32, v.length, shape, (bytes, i) -> bytes.putInt(v[i]));
  }

  static TensorSource of(String name, byte[] v, long[] shape) {
    return of(name, StoredType.U8, v.length, shape, (bytes, i) -> bytes.put(v[i]));
  }

  static TensorSource of(String name, boolean[] v, long[] shape) {
    return of(
        name, StoredType.BOOL, v.length, shape, (bytes, i) -> bytes.put((byte) (v[i] ? 1 : 0)));
  }

  private static TensorSource of(
      String name, StoredType type, int size, long[] shape, ElementEncoder element) {
    checkSize(name, size, shape);
    return new TensorSource(
        type,
        axes(shape),
        sink -> {
          ByteBuffer bytes =
              ByteBuffer.allocate(Math.min(size, RUN) * type.bytes())
                  .order(ByteOrder.LITTLE_ENDIAN);
          for (int from = 0; from < size; from += RUN) {
            bytes.clear();
            for (int i = from; i < Math.min(size, from + RUN); i++) {
              element.put(bytes, i);
            }
            sink.write(bytes.flip());
          }
        });
  }

  private static void checkSize(String name, long size, long[] shape) {
    long product = product(shape);
    if (product != size) {
      throw new IllegalArgumentException(
          "Tensor '"
              + name
              + "' of shape "
              + Arrays.toString(shape)
              + " cannot hold the "
              + size
              + " values given");
    }
  }

  /** Returns the number of elements, or -1 if the shape has none that is possible. */
  private static long product(long[] shape) {
    long product = 1;
    for (long axis : shape) {
      if (axis < 0 || Math.multiplyHigh(product, axis) != 0 || product * axis < 0) {
        return -1;
      }
      product *= axis;
    }
    return product;
  }

  static TensorSource of(String name, NDArray array) {
    return new TensorSource(
        type(name, array.getDataType()),
        axes(array.getShape().getShape()),
        sink -> encode(array, sink));
  }

  private static void encode(NDArray array, ByteSink sink) throws IOException {
    long size = array.size();
    if (size <= ARRAY_RUN) {
      sink.write(array.toByteBuffer());
      return;
    }
    try (NDArray flat = array.flatten()) {
      for (long from = 0; from < size; from += ARRAY_RUN) {
        try (NDArray run = flat.get(new NDIndex(from + ":" + Math.min(size, from + ARRAY_RUN)))) {
          sink.write(run.toByteBuffer());
        }
      }
    }
  }

  private static StoredType type(String name, DataType type) {
    return switch (type) {
      case FLOAT64 -> StoredType.F64;
      case FLOAT32 -> StoredType.F32;
      case FLOAT16 -> StoredType.F16;
      case INT64 -> StoredType.I64;
      case INT32 -> StoredType.I32;
      case UINT8 -> StoredType.U8;
      case BOOLEAN -> StoredType.BOOL;
      default ->
          throw new IllegalArgumentException(
              "Tensor '"
                  + name
                  + "' has type "
                  + type
                  + ", which is not written; convert it with toType(DataType.FLOAT32, false)"
                  + " or another of FLOAT64, FLOAT16, INT64, INT32, UINT8, BOOLEAN");
    };
  }

  private static List<Long> axes(long[] shape) {
    return LongStream.of(shape).boxed().toList();
  }
}
