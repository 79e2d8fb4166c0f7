package io.loupe.workbench.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.files.Sha256;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One safetensors file. Opening it reads and checks its header; data are read when a tensor is
 * asked for. There is nothing to close: no file handle is kept. A file that is replaced or changed
 * after it was opened is refused from then on. Safe for use by several threads.
 */
public final class SafetensorsFile {
  private final Path path;
  private final SafetensorsHeader header;
  private final FileState state;
  private final TensorReader reader;
  private @Nullable String sha256;

  private SafetensorsFile(
      Path path, SafetensorsHeader header, FileState state, TensorReader reader) {
    this.path = path;
    this.header = header;
    this.state = state;
    this.reader = reader;
  }

  /**
   * Reads and checks the header.
   *
   * @throws SafetensorsException if the file is missing, or is no sound safetensors file
   */
  public static SafetensorsFile open(Path file) throws IOException {
    return open(file, new TensorReader());
  }

  static SafetensorsFile open(Path file, TensorReader reader) throws IOException {
    if (Files.isDirectory(file)) {
      throw new SafetensorsException(
          file, "this is a folder; WeightFiles.open(folder) opens the weights in it");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      FileState state = FileState.of(file);
      return new SafetensorsFile(file, SafetensorsHeader.read(file, channel), state, reader);
    } catch (NoSuchFileException e) {
      throw new SafetensorsException(file, "there is no such file", e);
    }
  }

  /** Returns the path that was opened. */
  public Path path() {
    return path;
  }

  /** Returns the names of all tensors, in the order of their data in the file. */
  public List<String> names() {
    return List.copyOf(header.tensors().keySet());
  }

  /** Returns the texts stored with the tensors; empty if there are none. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** Tells whether the file has a tensor of that name. */
  public boolean contains(String name) {
    return header.tensors().containsKey(name);
  }

  /**
   * Returns type, shape and place of a tensor.
   *
   * @throws SafetensorsException if there is none of that name; it lists the nearest names
   */
  public TensorInfo info(String name) throws SafetensorsException {
    TensorInfo info = header.tensors().get(name);
    if (info == null) {
      throw new SafetensorsException(
          path,
          name,
          -1,
          "there is no such tensor; " + NearestNames.hint(name, header.tensors().keySet()));
    }
    return info;
  }

  /**
   * Reads a tensor into an array of its own shape, which the manager owns.
   *
   * <p>The bytes are read once, straight into the engine's memory. An array on a mapping of the
   * file would save that copy, but the engine's views of it would outlive the mapping, and a file
   * that is written to while it is in use would change the array: both end the JVM or falsify
   * results. F16 and BF16 are widened to float32, exactly.
   *
   * @param target FLOAT32 or FLOAT64 for any tensor; FLOAT16 for floating-point ones, rounded;
   *     INT64, INT32, UINT8 or BOOLEAN for those that fit in it without loss. F64 read as FLOAT32
   *     is rounded
   * @throws SafetensorsException if there is no such tensor, or its type cannot be read, or a BOOL
   *     holds another byte than 0 or 1, or the file changed since it was opened
   * @throws java.util.concurrent.CancellationException if the thread is interrupted; it stays so
   * @throws IllegalArgumentException if the tensor cannot be read as the target type
   */
  public NDArray read(String name, NDManager manager, DataType target) throws IOException {
    TensorInfo info = readable(name);
    if (!info.type().isReadableAs(target)) {
      throw new IllegalArgumentException(
          "Tensor '"
              + name
              + "' of type "
              + info.type()
              + " cannot be read as "
              + target
              + " without loss; read it as "
              + info.type().dataType().orElseThrow());
    }
    return reader.read(path, info, manager, target);
  }

  /**
   * Returns a copy of a tensor of type F32, F16, BF16 or F64 (rounded to float32), flat, with the
   * last axis running fastest.
   *
   * @throws SafetensorsException as {@link #read} does
   * @throws IllegalArgumentException if the tensor is of another type
   */
  public float[] floats(String name) throws IOException {
    TensorInfo info = readable(name);
    if (!info.type().isFloating()) {
      throw new IllegalArgumentException(
          "Tensor '" + name + "' is of type " + info.type() + "; use longs(name) for it");
    }
    return reader.floats(path, info);
  }

  /**
   * Returns a copy of a tensor of type I64, I32, U8 (0 to 255) or BOOL (0 and 1), flat, with the
   * last axis running fastest.
   *
   * @throws SafetensorsException as {@link #read} does
   * @throws IllegalArgumentException if the tensor is of another type
   */
  public long[] longs(String name) throws IOException {
    TensorInfo info = readable(name);
    if (info.type().isFloating()) {
      throw new IllegalArgumentException(
          "Tensor '" + name + "' is of type " + info.type() + "; use floats(name) for it");
    }
    return reader.longs(path, info);
  }

  /** Returns the SHA-256 of the whole file; computed at the first call, which reads all of it. */
  public synchronized String sha256() throws IOException {
    if (sha256 == null) {
      state.check(path);
      sha256 = Sha256.of(path);
    }
    return sha256;
  }

  private TensorInfo readable(String name) throws IOException {
    TensorInfo info = info(name);
    if (info.type().dataType().isEmpty()) {
      throw new SafetensorsException(
          path,
          name,
          -1,
          "type "
              + info.type()
              + " cannot be read; those that can are "
              + StoredType.readableNames());
    }
    state.check(path);
    return info;
  }

  @Override
  public String toString() {
    return path + " (" + header.tensors().size() + " tensors)";
  }
}
