package io.loupe.workbench.family;

import java.io.IOException;
import java.nio.file.Path;

/** A model folder that cannot be read: names the file and what was expected in it. */
public final class ModelFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public ModelFormatException(Path file, String problem) {
    super(file + ": " + problem);
  }

  public ModelFormatException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
