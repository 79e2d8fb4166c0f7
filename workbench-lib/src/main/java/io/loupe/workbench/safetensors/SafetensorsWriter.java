package io.loupe.workbench.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Collects tensors and writes them as a safetensors file. The same tensors added in the same order
 * give the same bytes. Data are laid out as Hugging Face's own writer does: wider element types
 * first, so that every tensor is aligned; tensors of the same width stay in the order they were
 * added.
 *
 * <p>Arrays are not copied when they are added: they are read by {@link #write}.
 */
public final class SafetensorsWriter {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int HEADER_ALIGNMENT = 8;

  private final Map<String, TensorSource> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  /**
   * Writes arrays in their own data types; see {@link #add(String, NDArray)}.
   *
   * @throws IllegalArgumentException if an array has a data type the format lacks
   */
  public static void write(Path file, Map<String, NDArray> tensors, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    tensors.forEach(writer::add);
    metadata.forEach(writer::metadata);
    writer.write(file);
  }

  /** Stores a text beside the tensors. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds an array of type FLOAT32, FLOAT64, FLOAT16, INT64, INT32, UINT8 or BOOLEAN, on any device.
   *
   * @throws IllegalArgumentException if it has another type, or the name is taken
   */
  public SafetensorsWriter add(String name, NDArray array) {
    return put(name, TensorSource.of(name, array));
  }

  /** Adds an array of a floating-point type, rounded to float16 (to the nearest, ties to even). */
  public SafetensorsWriter addAsFloat16(String name, NDArray array) {
    if (!array.getDataType().isFloating()) {
      throw new IllegalArgumentException(
          "Tensor '"
              + name
              + "' of type "
              + array.getDataType()
              + " has no float16 form; add(name, array) stores it as it is");
    }
    try (NDArray floats = array.toType(DataType.FLOAT32, true)) {
      return addAsFloat16(name, floats.toFloatArray(), array.getShape().getShape());
    }
  }

  /** Adds float32 values, the last axis running fastest; a scalar has no axes. */
  public SafetensorsWriter add(String name, float[] values, long... shape) {
    return put(name, TensorSource.of(name, values, shape));
  }

  /** Adds float32 values, rounded to float16 (to the nearest, ties to even). */
  public SafetensorsWriter addAsFloat16(String name, float[] values, long... shape) {
    return put(name, TensorSource.ofFloat16(name, values, shape));
  }

  /** Adds float64 values, the last axis running fastest; a scalar has no axes. */
  public SafetensorsWriter add(String name, double[] values, long... shape) {
    return put(name, TensorSource.of(name, values, shape));
  }

  /** Adds int64 values, the last axis running fastest; a scalar has no axes. */
  public SafetensorsWriter add(String name, long[] values, long... shape) {
    return put(name, TensorSource.of(name, values, shape));
  }

  /** Adds int32 values, the last axis running fastest; a scalar has no axes. */
  public SafetensorsWriter add(String name, int[] values, long... shape) {
    return put(name, TensorSource.of(name, values, shape));
  }

  /** Adds unsigned bytes, the last axis running fastest; a scalar has no axes. */
  public SafetensorsWriter add(String name, byte[] values, long... shape) {
    return put(name, TensorSource.of(name, values, shape));
  }

  /** Adds truth values, the last axis running fastest; a scalar has no axes. */
  public SafetensorsWriter add(String name, boolean[] values, long... shape) {
    return put(name, TensorSource.of(name, values, shape));
  }

  private SafetensorsWriter put(String name, TensorSource tensor) {
    if (name.equals(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "A tensor cannot be called " + name + "; texts are stored with metadata(key, value)");
    }
    if (tensors.putIfAbsent(name, tensor) != null) {
      throw new IllegalArgumentException("There is a tensor '" + name + "' already");
    }
    return this;
  }

  /**
   * Writes the file: into a temporary file beside it, which then takes its place, so that a reader
   * sees the old file or the new one and never a part.
   */
  public void write(Path file) throws IOException {
    Path name = file.getFileName();
    if (name == null) {
      throw new IllegalArgumentException("Expected a file to write, got the root folder " + file);
    }
    Path temporary = file.resolveSibling("." + name + "." + UUID.randomUUID() + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        writeTo(channel);
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void writeTo(FileChannel channel) throws IOException {
    List<Map.Entry<String, TensorSource>> ordered = new ArrayList<>(tensors.entrySet());
    ordered.sort(Comparator.comparingInt(entry -> -entry.getValue().type().bytes()));
    writeAll(channel, header(ordered));
    for (Map.Entry<String, TensorSource> entry : ordered) {
      entry.getValue().writeTo(bytes -> writeAll(channel, bytes));
    }
  }

  private ByteBuffer header(List<Map.Entry<String, TensorSource>> ordered) {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = root.putObject(SafetensorsHeader.METADATA);
      metadata.forEach(texts::put);
    }
    long begin = 0;
    for (Map.Entry<String, TensorSource> entry : ordered) {
      TensorSource tensor = entry.getValue();
      ObjectNode node = root.putObject(entry.getKey());
      node.put("dtype", tensor.type().name());
      ArrayNode shape = node.putArray("shape");
      tensor.shape().forEach(shape::add);
      node.putArray("data_offsets").add(begin).add(begin + tensor.bytes());
      begin += tensor.bytes();
    }
    byte[] json = JSON.writeValueAsBytes(root);
    int length = (json.length + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
    ByteBuffer header =
        ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES + length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(length)
            .put(json);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.flip();
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
