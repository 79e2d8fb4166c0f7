package io.loupe.circuits.atlas;

import java.io.IOException;

/** A file that is no atlas of heads, or a damaged one. */
public final class AtlasFileException extends IOException {
  private static final long serialVersionUID = 1;

  AtlasFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
