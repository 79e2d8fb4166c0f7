package io.loupe.notebooks.jupyter;

import java.io.IOException;
import java.nio.file.Path;

/** A {@code kernel.json} is not one. */
final class KernelSpecException extends IOException {
  private static final long serialVersionUID = 1L;

  KernelSpecException(Path file, String fault) {
    super("Expected a kernel spec in " + file + ", but it " + fault + "; install it again");
  }
}
