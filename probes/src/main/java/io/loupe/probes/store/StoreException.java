package io.loupe.probes.store;

import java.io.IOException;
import java.nio.file.Path;

/** A store that is missing, broken off or damaged. Its message names the file. */
public final class StoreException extends IOException {
  private static final long serialVersionUID = 1L;

  StoreException(Path file, String problem) {
    super(file + ": " + problem);
  }

  StoreException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
