package io.loupe.workbench.tensorfile;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Where a tensor lies in its file, and how it is to be read.
 *
 * @param name name of the tensor
 * @param type type of its elements in the file
 * @param shape sizes of its axes, outermost first; empty for a scalar
 * @param strides how many elements apart, in the file, neighbours along each axis are
 * @param begin position of its first byte, counted from the start of the file
 * @param end position behind its last byte
 */
public record TensorInfo(
    String name, StoredType type, List<Long> shape, List<Long> strides, long begin, long end) {
  /** More axes than this no tensor has; the engine gives up at as many. */
  public static final int MAX_AXES = 64;

  public TensorInfo {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
  }

  /** A tensor whose elements lie one behind the other, the last axis running fastest. */
  public TensorInfo(String name, StoredType type, List<Long> shape, long begin, long end) {
    this(name, type, shape, dense(shape), begin, end);
  }

  private static List<Long> dense(List<Long> shape) {
    List<Long> strides = new ArrayList<>();
    long stride = 1;
    for (int axis = shape.size() - 1; axis >= 0; axis--) {
      strides.add(stride);
      stride *= Math.max(1, shape.get(axis));
    }
    Collections.reverse(strides);
    return strides;
  }

  /**
   * Returns the number of elements of a shape: the product of the axes, 1 for a scalar.
   *
   * @throws ArithmeticException if they cannot be counted, even if an axis of 0 hides it
   */
  public static long elements(List<Long> shape) {
    long product = 1;
    for (long axis : shape) {
      product = Math.multiplyExact(product, Math.max(1, axis));
    }
    return shape.contains(0L) ? 0 : product;
  }

  /** Returns the number of elements: the product of the axes, 1 for a scalar. */
  public long size() {
    return elements(shape);
  }

  /** Returns how many elements lie in the file between the first and the last, both included. */
  public long span() {
    return (end - begin) / type.bytes();
  }

  /** Tells whether the elements lie one behind the other, the last axis running fastest. */
  boolean isDense() {
    List<Long> dense = dense(shape);
    for (int axis = 0; axis < shape.size(); axis++) {
      if (shape.get(axis) > 1 && !strides.get(axis).equals(dense.get(axis))) {
        return false;
      }
    }
    return true;
  }

  /** Returns where some elements lie, as a tensor of one axis. */
  TensorInfo part(long from, int count) {
    if (from < 0 || count < 0 || from > size() - count) {
      throw new IllegalArgumentException(
          "Tensor '%s' has the elements 0 to %d; asked for %d from %d on"
              .formatted(name, size() - 1, count, from));
    }
    if (!isDense()) {
      throw new IllegalArgumentException(
          "Tensor '%s' is a view, whose elements do not lie in order; read all of it"
              .formatted(name));
    }
    long first = begin + from * type.bytes();
    return new TensorInfo(
        name, type, List.of((long) count), first, first + (long) count * type.bytes());
  }

  long[] shapeArray() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
