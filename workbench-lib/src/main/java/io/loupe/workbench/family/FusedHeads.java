package io.loupe.workbench.family;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * A tensor whose rows hold, for each head, the parts behind each other: queries, keys and values.
 * Each part put together is a run of rows, and so a view; copies of the parts would need as much
 * memory again.
 */
final class FusedHeads {
  private FusedHeads() {}

  /**
   * Changes the order of a tensor's rows in its own memory, from [head, part, ...] to [part, head,
   * ...].
   *
   * @return whether it was done; not on a GPU, nor beyond the 2 GB of a Java buffer
   */
  static boolean regroup(NDArray tensor, long heads, long parts) {
    long bytes = tensor.size() * tensor.getDataType().getNumOfBytes();
    if (!tensor.getDevice().equals(Device.cpu()) || bytes > Integer.MAX_VALUE) {
      return false;
    }
    transpose(tensor.toByteBuffer(true), Math.toIntExact(heads), Math.toIntExact(parts));
    return true;
  }

  /** Transposes a matrix of equal blocks of bytes: each cycle of blocks moves up by one place. */
  static void transpose(ByteBuffer memory, int rows, int columns) {
    int count = rows * columns;
    int size = memory.capacity() / count;
    ByteBuffer first = ByteBuffer.allocate(size);
    BitSet placed = new BitSet(count);
    for (int start = 0; start < count; start = placed.nextClearBit(start)) {
      first.clear().put(memory.slice(start * size, size)).flip();
      int to = start;
      for (int from = source(to, rows, columns); from != start; from = source(to, rows, columns)) {
        memory.slice(to * size, size).put(memory.slice(from * size, size));
        placed.set(to);
        to = from;
      }
      memory.slice(to * size, size).put(first);
      placed.set(to);
    }
  }

  /** Returns where a block of the transposed matrix stood before. */
  private static int source(int block, int rows, int columns) {
    return block % rows * columns + block / rows;
  }
}
