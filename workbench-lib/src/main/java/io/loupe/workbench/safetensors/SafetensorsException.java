package io.loupe.workbench.safetensors;

import io.loupe.workbench.tensorfile.TensorFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A safetensors file that is missing or damaged. Its message names the file. */
public class SafetensorsException extends TensorFileException {
  private static final long serialVersionUID = 1L;

  SafetensorsException(Path file, String problem) {
    super(file, problem);
  }

  SafetensorsException(Path file, String problem, Throwable cause) {
    super(file, problem, cause);
  }

  SafetensorsException(Path file, @Nullable String tensor, long offset, String problem) {
    super(file, tensor, offset, problem);
  }
}
