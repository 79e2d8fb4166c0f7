package io.loupe.workbench.torchfile;

import io.loupe.workbench.tensorfile.TensorFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A PyTorch file that is missing or damaged, or holds something else than tensors. Its message
 * names the file.
 */
public class TorchFileException extends TensorFileException {
  private static final long serialVersionUID = 1L;

  TorchFileException(Path file, String problem) {
    super(file, problem);
  }

  TorchFileException(Path file, String problem, Throwable cause) {
    super(file, problem, cause);
  }

  TorchFileException(Path file, @Nullable String tensor, long offset, String problem) {
    super(file, tensor, offset, problem);
  }
}
