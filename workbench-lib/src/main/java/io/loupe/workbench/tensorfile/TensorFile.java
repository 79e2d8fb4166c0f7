package io.loupe.workbench.tensorfile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.files.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of named tensors, whose header was read and checked. Formats differ in their headers only,
 * so this is all there is to a file once it is open: data are memory-mapped when a tensor is asked
 * for. There is nothing to close: neither a file handle nor a mapping is kept. A file that is
 * replaced or changed after it was opened is refused from then on. Safe for use by several threads.
 */
public abstract class TensorFile {
  private final Path path;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, String> metadata;
  private final FileState state;
  private final TensorReader reader;
  private @Nullable String sha256;

  /**
   * Takes over what a header says, after it was checked against the file's size.
   *
   * @param tensors by name, in the order in which {@link #names()} lists them
   * @param state the state that the file was in before its header was read
   */
  protected TensorFile(
      Path path,
      Map<String, TensorInfo> tensors,
      Map<String, String> metadata,
      FileState state,
      TensorReader reader) {
    this.path = path;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    this.state = state;
    this.reader = reader;
  }

  /** Returns the path that was opened. */
  public final Path path() {
    return path;
  }

  /** Returns the names of all tensors. */
  public final List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /** Returns the texts stored with the tensors; empty if there are none. */
  public final Map<String, String> metadata() {
    return metadata;
  }

  /** Tells whether the file has a tensor of that name. */
  public final boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /**
   * Returns type, shape and place of a tensor.
   *
   * @throws TensorFileException if there is none of that name; it lists the nearest names
   */
  public final TensorInfo info(String name) throws TensorFileException {
    TensorInfo info = tensors.get(name);
    if (info == null) {
      throw new TensorFileException(
          path, name, -1, "there is no such tensor; " + NearestNames.hint(name, tensors.keySet()));
    }
    return info;
  }

  /**
   * Reads a tensor into an array of its own shape, which the manager owns. A view into shared data,
   * such as a transposed one, becomes a tensor of its own.
   *
   * <p>The bytes are read once, straight into the engine's memory. An array on a mapping of the
   * file would save that copy, but the engine's views of it would outlive the mapping, and a file
   * that is written to while it is in use would change the array: both end the JVM or falsify
   * results. F16 and BF16 are widened to float32, exactly.
   *
   * @param target FLOAT32 or FLOAT64 for any tensor; FLOAT16 for floating-point ones, rounded;
   *     INT64, INT32, UINT8 or BOOLEAN for those that fit in it without loss. F64 read as FLOAT32
   *     is rounded
   * @throws TensorFileException if there is no such tensor, or its type cannot be read, or a BOOL
   *     holds another byte than 0 or 1, or the file changed since it was opened
   * @throws java.util.concurrent.CancellationException if the thread is interrupted; it stays so
   * @throws IllegalArgumentException if the tensor cannot be read as the target type
   */
  public final NDArray read(String name, NDManager manager, DataType target) throws IOException {
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
   * @throws TensorFileException as {@link #read} does
   * @throws IllegalArgumentException if the tensor is of another type
   */
  public final float[] floats(String name) throws IOException {
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
   * @throws TensorFileException as {@link #read} does
   * @throws IllegalArgumentException if the tensor is of another type
   */
  public final long[] longs(String name) throws IOException {
    TensorInfo info = readable(name);
    if (info.type().isFloating()) {
      throw new IllegalArgumentException(
          "Tensor '" + name + "' is of type " + info.type() + "; use floats(name) for it");
    }
    return reader.longs(path, info);
  }

  /**
   * Returns a copy of some elements of a tensor, as {@link #floats(String)} counts them.
   *
   * @param from the first
   * @param count how many
   * @throws IllegalArgumentException if the tensor has no such elements
   */
  public final float[] floats(String name, long from, int count) throws IOException {
    TensorInfo info = readable(name);
    if (!info.type().isFloating()) {
      throw new IllegalArgumentException(
          "Tensor '" + name + "' is of type " + info.type() + "; use longs(name, from, count)");
    }
    return reader.floats(path, info.part(from, count));
  }

  /**
   * Returns a copy of some elements of a tensor, as {@link #longs(String)} counts them.
   *
   * @param from the first
   * @param count how many
   * @throws IllegalArgumentException if the tensor has no such elements
   */
  public final long[] longs(String name, long from, int count) throws IOException {
    TensorInfo info = readable(name);
    if (info.type().isFloating()) {
      throw new IllegalArgumentException(
          "Tensor '" + name + "' is of type " + info.type() + "; use floats(name, from, count)");
    }
    return reader.longs(path, info.part(from, count));
  }

  /** Returns the SHA-256 of the whole file; computed at the first call, which reads all of it. */
  public final synchronized String sha256() throws IOException {
    if (sha256 == null) {
      state.check(path);
      sha256 = Sha256.of(path);
    }
    return sha256;
  }

  private TensorInfo readable(String name) throws IOException {
    TensorInfo info = info(name);
    if (info.type().dataType().isEmpty()) {
      throw new TensorFileException(
          path, name, -1, "type " + info.type() + " cannot be read; " + info.type().advice());
    }
    if (info.size() > info.span()) {
      throw new TensorFileException(
          path,
          name,
          info.begin(),
          "its shape %s repeats %d stored elements: it was saved as an expanded view. Save a copy of it (in Python: tensor.contiguous())"
              .formatted(info.shape(), info.span()));
    }
    state.check(path);
    return info;
  }

  @Override
  public String toString() {
    return path + " (" + tensors.size() + " tensors)";
  }
}
