package io.loupe.workbench.tensorfile;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes one tensor's bytes out of a file. A mapping, and an array made at once, hold at most {@code
 * pieceSize} elements, as Java's buffers end at 2 GB; larger tensors are put together from pieces.
 *
 * @param pieceSize most elements in one mapping
 */
public record TensorReader(int pieceSize) {
  private static final int DEFAULT_PIECE_SIZE = 1 << 27;

  /** Maps as much at once as Java can. */
  public TensorReader() {
    this(DEFAULT_PIECE_SIZE);
  }

  NDArray read(Path file, TensorInfo info, NDManager manager, DataType target) throws IOException {
    NDArray stored = assemble(file, info, manager);
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

  private NDArray assemble(Path file, TensorInfo info, NDManager manager) throws IOException {
    Shape shape = new Shape(info.shapeArray());
    if (info.size() == 0) {
      return manager.zeros(shape, info.type().dataType().orElseThrow());
    }
    Piece first = Piece.first(info, pieceSize);
    if (first.count == info.size()) {
      return first.array(file, shape, manager);
    }
    try (NDManager pieces = manager.newSubManager()) {
      NDList parts = new NDList();
      for (Piece piece = first; piece.count > 0; piece = piece.next()) {
        parts.add(piece.array(file, new Shape(piece.count), pieces));
      }
      NDArray whole = NDArrays.concat(parts).reshape(shape);
      whole.attach(manager);
      return whole;
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

    /** Returns the elements one behind the other: the mapped file itself, unless it is a view. */
    ByteBuffer bytes(Path file) throws IOException {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        if (channel.size() < info.end()) {
          // mapping beyond the end would make the file longer
          throw new TensorFileException(
              file, info.name(), channel.size(), "the file became shorter since it was opened");
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
    }

    private ByteBuffer map(FileChannel channel, long element, int elements) throws IOException {
      int width = info.type().bytes();
      return channel
          .map(MapMode.READ_ONLY, info.begin() + element * width, (long) elements * width)
          .order(ByteOrder.LITTLE_ENDIAN);
    }

    NDArray array(Path file, Shape shape, NDManager manager) throws IOException {
      StoredType type = info.type();
      DataType dataType = type.dataType().orElseThrow();
      boolean half = type == StoredType.F16 || type == StoredType.BF16;
      ByteBuffer bytes = bytes(file);
      checkTruthValues(file, bytes);
      NDArray array = manager.create(shape, dataType, Device.cpu());
      ByteBuffer memory = array.toByteBuffer(true).order(ByteOrder.LITTLE_ENDIAN);
      if (!memory.isDirect()) {
        throw new IllegalArgumentException(
            "Expected a manager of DJL's PyTorch engine, which lends its memory, got one of "
                + manager.getEngine().getEngineName());
      }
      if (half) {
        HalfFloats.widen(bytes, type, memory.asFloatBuffer());
      } else {
        memory.put(bytes);
      }
      return moved(array, manager.getDevice());
    }

    private static NDArray moved(NDArray array, Device device) {
      if (array.getDevice().equals(device)) {
        return array;
      }
      try (array) {
        return array.toDevice(device, false);
      }
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
              info.isDense() ? info.begin() + from + i : -1,
              "a BOOL must be 0 or 1, this byte is " + (bytes.get(i) & 0xff));
        }
      }
    }
  }
}
