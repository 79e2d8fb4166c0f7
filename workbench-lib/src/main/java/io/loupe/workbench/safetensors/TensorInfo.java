package io.loupe.workbench.safetensors;

import java.util.List;

/**
 * Where a tensor lies in its file, and how it is to be read.
 *
 * @param name name of the tensor
 * @param type type of its elements in the file
 * @param shape sizes of its axes, outermost first; empty for a scalar
 * @param begin position of its first byte, counted from the start of the file
 * @param end position behind its last byte
 */
public record TensorInfo(String name, StoredType type, List<Long> shape, long begin, long end) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** Returns the number of elements: the product of the axes, 1 for a scalar. */
  public long size() {
    return (end - begin) / type.bytes();
  }

  long[] shapeArray() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
