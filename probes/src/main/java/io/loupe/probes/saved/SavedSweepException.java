package io.loupe.probes.saved;

import java.io.IOException;
import java.nio.file.Path;

/** A saved sweep that is missing or damaged. Its message names the file. */
public final class SavedSweepException extends IOException {
  private static final long serialVersionUID = 1L;

  SavedSweepException(Path file, String problem) {
    super(file + ": " + problem);
  }

  SavedSweepException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
