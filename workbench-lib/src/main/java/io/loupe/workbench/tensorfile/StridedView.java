package io.loupe.workbench.tensorfile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Puts the elements of a view, such as a transposed one, one behind the other.
 *
 * @param info the view
 * @param parts all bytes between its first and its last element, {@code partSize} elements in each
 *     buffer but the last, as one buffer ends at 2 GB
 */
record StridedView(TensorInfo info, List<ByteBuffer> parts, int partSize) {

  /** Copies {@code count} elements, from the view's element {@code from} on. */
  ByteBuffer gather(long from, int count) {
    int width = info.type().bytes();
    ByteBuffer out = ByteBuffer.allocateDirect(count * width).order(ByteOrder.LITTLE_ENDIAN);
    long[] shape = info.shapeArray();
    long[] strides = info.strides().stream().mapToLong(Long::longValue).toArray();
    long[] index = new long[shape.length];
    long place = start(from, shape, strides, index);
    for (int i = 0; i < count; i++) {
      copy(place, width, out);
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        place += strides[axis];
        if (++index[axis] < shape[axis]) {
          break;
        }
        place -= strides[axis] * shape[axis];
        index[axis] = 0;
      }
    }
    return out.flip();
  }

  /** Fills in the index of an element and returns its place, in elements from the first one. */
  private static long start(long element, long[] shape, long[] strides, long[] index) {
    long place = 0;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = element % shape[axis];
      element /= shape[axis];
      place += index[axis] * strides[axis];
    }
    return place;
  }

  private void copy(long place, int width, ByteBuffer out) {
    ByteBuffer part = parts.get((int) (place / partSize));
    int at = (int) (place % partSize) * width;
    switch (width) {
      case 1 -> out.put(part.get(at));
      case 2 -> out.putShort(part.getShort(at));
      case 4 -> out.putInt(part.getInt(at));
      default -> out.putLong(part.getLong(at));
    }
  }
}
