package io.loupe.notebooks.kernel;

import java.io.IOException;
import java.nio.file.Path;

/** A connection file is missing or is not one. */
public final class ConnectionFileException extends IOException {
  private static final long serialVersionUID = 1L;

  ConnectionFileException(Path file, String fault) {
    super(
        "Expected in "
            + file
            + " the connection file that Jupyter writes for a kernel (JSON with transport, ip, ports"
            + " and key), but "
            + fault);
  }
}
