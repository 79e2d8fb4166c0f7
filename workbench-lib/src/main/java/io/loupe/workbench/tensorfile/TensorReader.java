package io.loupe.workbench.tensorfile;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;

/**
 * Takes one tensor's bytes out of a file. A buffer holds at most {@code pieceSize} elements, as
 * Java's end at 2 GB; larger tensors are filled piece by piece.
 *
 * <p>Arrays are read straight into the engine's memory, with positioned reads rather than through a
 * mapping: mapped pages count as resident until the collector finds the mapping, and a file that
 * shrinks under a mapping ends the JVM. All cores read, since most of the time goes to the kernel,
 * which clears the pages that the array is the first to touch.
 *
 * @param pieceSize most elements in one buffer
 */
public record TensorReader(int pieceSize) {
  private static final int DEFAULT_PIECE_SIZE = 1 << 27;

  /**
   * Most elements that one task reads: enough to be worth one, and what it stages stays in the
   * cache.
   */
  private static final int BLOCK = 1 << 20;

  /** What a thread reads 16-bit elements into, to widen them from there. */
  private static final ThreadLocal<ByteBuffer> HALVES =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(BLOCK * Short.BYTES));

  /** Reads with buffers as large as Java can make. */
  public TensorReader() {
    this(DEFAULT_PIECE_SIZE);
  }

  NDArray read(Path file, TensorInfo info, NDManager manager, DataType target) throws IOException {
    boolean kept = info.type() == StoredType.F16 && target == DataType.FLOAT16;
    DataType own = kept ? target : info.type().dataType().orElseThrow();
    NDArray stored = moved(array(file, info, manager, own), manager.getDevice());
    if (stored.getDataType() == target) {
      return stored;
    }
    try (stored) {
      return stored.toType(target, false);
    }
  }

  float[] floats(Path file, TensorInfo info) throws IOException {
    FloatBuffer out = FloatBuffer.allocate(arrayLength(info));
    for (Piece piece = Piece.first(info, pieceSize); piece.count > 0; piece = piece.next()) {
      ByteBuffer bytes = piece.bytes(file);
      FloatBuffer part = out.slice(Math.toIntExact(piece.from), piece.count);
      switch (info.type()) {
        case F16, BF16 -> HalfFloats.widen(bytes, info.type(), part);
        case F32 -> part.put(bytes.asFloatBuffer());
        default -> {
          while (part.hasRemaining()) {
            part.put((float) bytes.getDouble());
          }
        }
      }
    }
    return out.array();
  }

  long[] longs(Path file, TensorInfo info) throws IOException {
    long[] out = new long[arrayLength(info)];
    for (Piece piece = Piece.first(info, pieceSize); piece.count > 0; piece = piece.next()) {
      ByteBuffer bytes = piece.bytes(file);
      int from = Math.toIntExact(piece.from);
      switch (info.type()) {
        case I64 -> bytes.asLongBuffer().get(out, from, piece.count);
        case I32 -> {
          IntBuffer ints = bytes.asIntBuffer();
          for (int i = 0; i < piece.count; i++) {
            out[from + i] = ints.get(i);
          }
        }
        default -> {
          piece.checkTruthValues(file, bytes);
          for (int i = 0; i < piece.count; i++) {
            out[from + i] = bytes.get(i) & 0xff;
          }
        }
      }
    }
    return out;
  }

  private static int arrayLength(TensorInfo info) {
    if (info.size() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "Tensor '"
              + info.name()
              + "' has "
              + info.size()
              + " elements, more than a Java array can hold; use read(...)");
    }
    return (int) info.size();
  }

  /** Reads a tensor into the CPU's memory, as the type given: its own, or FLOAT32 for halves. */
  private NDArray array(Path file, TensorInfo info, NDManager manager, DataType type)
      throws IOException {
    Shape shape = new Shape(info.shapeArray());
    NDArray whole = manager.create(shape, type, Device.cpu());
    if (info.size() == 0) {
      return whole;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        NDManager views = manager.newSubManager()) {
      NDArray flat = whole.reshape(info.size());
      flat.attach(views);
      for (Piece piece = Piece.first(info, pieceSize); piece.count > 0; piece = piece.next()) {
        NDArray part = flat.get(new NDIndex().addSliceDim(piece.from, piece.from + piece.count));
        piece.fill(memory(part), type, file, channel);
      }
    } catch (ClosedChannelException e) {
      // Java closes a channel whose thread is interrupted
      whole.close();
      throw (CancellationException)
          new CancellationException("the thread was interrupted while it read " + file)
              .initCause(e);
    } catch (IOException | RuntimeException e) {
      whole.close();
      throw e;
    }
    return whole;
  }

  private static ByteBuffer memory(NDArray array) {
    ByteBuffer memory = array.toByteBuffer(true);
    if (!memory.isDirect()) {
      throw new IllegalArgumentException(
          "Expected a manager of DJL's PyTorch engine, which lends its memory, got one of "
              + array.getManager().getEngine().getEngineName());
    }
    return memory.order(ByteOrder.LITTLE_ENDIAN);
  }

  private static NDArray moved(NDArray array, Device device) {
    if (array.getDevice().equals(device)) {
      return array;
    }
    try (array) {
      return array.toDevice(device, false);
    }
  }

  /** A run of consecutive elements: {@code count} of them from element {@code from} on. */
  private record Piece(TensorInfo info, long from, int count, int pieceSize) {
    static Piece first(TensorInfo info, int pieceSize) {
      return at(info, 0, pieceSize);
    }

    Piece next() {
      return at(info, from + count, pieceSize);
    }

    private static Piece at(TensorInfo info, long from, int pieceSize) {
      return new Piece(info, from, (int) Math.min(pieceSize, info.size() - from), pieceSize);
    }

    private long begin() {
      return info.begin() + from * info.type().bytes();
    }

    /** Returns the elements one behind the other: the mapped file itself, unless it is a view. */
    ByteBuffer bytes(Path file) throws IOException {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        return bytes(file, channel);
      }
    }

    private ByteBuffer bytes(Path file, FileChannel channel) throws IOException {
      if (channel.size() < info.end()) {
        // mapping beyond the end would make the file longer
        throw becameShorter(file, channel);
      }
      if (info.isDense()) {
        return map(channel, from, count);
      }
      List<ByteBuffer> parts = new ArrayList<>();
      for (long at = 0; at < info.span(); at += pieceSize) {
        parts.add(map(channel, at, (int) Math.min(pieceSize, info.span() - at)));
      }
      return new StridedView(info, parts, pieceSize).gather(from, count);
    }

    private ByteBuffer map(FileChannel channel, long element, int elements) throws IOException {
      int width = info.type().bytes();
      return channel
          .map(MapMode.READ_ONLY, info.begin() + element * width, (long) elements * width)
          .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Fills the memory of an array of a type. */
    void fill(ByteBuffer memory, DataType type, Path file, FileChannel channel) throws IOException {
      boolean widened = info.type().bytes() < type.getNumOfBytes();
      if (info.isDense()) {
        fillOnAllCores(memory, widened, file, channel);
      } else if (widened) {
        HalfFloats.widen(bytes(file, channel), info.type(), memory.asFloatBuffer());
      } else {
        memory.duplicate().put(bytes(file, channel));
      }
      checkTruthValues(file, memory);
    }

    private void fillOnAllCores(ByteBuffer memory, boolean widened, Path file, FileChannel channel)
        throws IOException {
      int size = blockSize();
      int blocks = (count - 1) / size + 1;
      try {
        IntStream.range(0, blocks)
            .parallel()
            .forEach(
                block -> {
                  int first = block * size;
                  int elements = Math.min(size, count - first);
                  try {
                    if (widened) {
                      FloatBuffer target = memory.asFloatBuffer().slice(first, elements);
                      widen(target, first, file, channel);
                    } else {
                      int width = info.type().bytes();
                      read(memory.slice(first * width, elements * width), first, file, channel);
                    }
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }

    /** Equal shares for all cores, so that none waits for the last. */
    private int blockSize() {
      int cores = ForkJoinPool.getCommonPoolParallelism() + 1;
      if (count <= BLOCK / cores) {
        return count;
      }
      int rounds = (int) ((count - 1L) / ((long) BLOCK * cores)) + 1;
      return (int) ((count - 1L) / ((long) rounds * cores)) + 1;
    }

    private void widen(FloatBuffer target, int first, Path file, FileChannel channel)
        throws IOException {
      ByteBuffer halves =
          HALVES.get().clear().limit(target.remaining() * info.type().bytes()).slice();
      read(halves.duplicate(), first, file, channel);
      HalfFloats.widen(halves, info.type(), target);
    }

    /** Fills a buffer with the piece's elements from one on. */
    private void read(ByteBuffer target, int first, Path file, FileChannel channel)
        throws IOException {
      long position = begin() + (long) first * info.type().bytes();
      while (target.hasRemaining()) {
        int bytes = channel.read(target, position);
        if (bytes < 0) {
          throw becameShorter(file, channel);
        }
        position += bytes;
      }
    }

    private TensorFileException becameShorter(Path file, FileChannel channel) throws IOException {
      return new TensorFileException(
          file, info.name(), channel.size(), "the file became shorter since it was opened");
    }

    /** Any other byte than 0 and 1 as a truth value is undefined behaviour in native code. */
    void checkTruthValues(Path file, ByteBuffer bytes) throws TensorFileException {
      if (info.type() != StoredType.BOOL) {
        return;
      }
      for (int i = 0; i < bytes.limit(); i++) {
        if ((bytes.get(i) & 0xfe) != 0) {
          throw new TensorFileException(
              file,
              info.name(),
              info.isDense() ? begin() + i : -1,
              "a BOOL must be 0 or 1, this byte is " + (bytes.get(i) & 0xff));
        }
      }
    }
  }
}
