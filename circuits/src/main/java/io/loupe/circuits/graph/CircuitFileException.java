package io.loupe.circuits.graph;

import java.io.IOException;
import java.nio.file.Path;

/** A file that should hold a circuit and does not. */
public final class CircuitFileException extends IOException {
  private static final long serialVersionUID = 1L;

  CircuitFileException(Path file, String reason, Throwable cause) {
    super(file + ": " + reason, cause);
  }

  CircuitFileException(Path file, String reason) {
    super(file + ": " + reason);
  }
}
