package io.loupe.notebooks.ipynb;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A file that is no notebook of nbformat 4; the message names the file and what is wrong. */
public final class NotebookFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  NotebookFormatException(Path file, String problem, @Nullable Throwable cause) {
    super(file + " is not a notebook of nbformat 4: " + problem, cause);
  }
}
