package io.loupe.workbench.tensorfile;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A weight file that is missing, damaged or not what was asked for. Its message names the file. */
public class TensorFileException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final @Nullable String tensor;
  private final long offset;

  public TensorFileException(Path file, String problem) {
    this(file, null, -1, problem);
  }

  public TensorFileException(Path file, String problem, Throwable cause) {
    this(file, problem);
    initCause(cause);
  }

  /**
   * Names the place of the problem.
   *
   * @param tensor name of the tensor, or null if it is not about one
   * @param offset position in the file in bytes, or -1 if it has none
   */
  public TensorFileException(Path file, @Nullable String tensor, long offset, String problem) {
    super(message(file, tensor, offset, problem));
    this.file = file.toString();
    this.tensor = tensor;
    this.offset = offset;
  }

  private static String message(Path file, @Nullable String tensor, long offset, String problem) {
    return file
        + (tensor == null ? "" : ", tensor '" + tensor + "'")
        + (offset < 0 ? "" : ", at byte " + offset)
        + ": "
        + problem;
  }

  /** Returns the file that is at fault. */
  public Path file() {
    return Path.of(file);
  }

  /** Returns the name of the tensor that is at fault, if it is about one. */
  public Optional<String> tensor() {
    return Optional.ofNullable(tensor);
  }

  /** Returns the position of the fault in the file in bytes, if it has one. */
  public OptionalLong offset() {
    return offset < 0 ? OptionalLong.empty() : OptionalLong.of(offset);
  }
}
