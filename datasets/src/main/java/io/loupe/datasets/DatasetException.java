package io.loupe.datasets;

import java.io.IOException;

/** A file shipped with the project that is missing or damaged. Its message names the file. */
public class DatasetException extends IOException {
  private static final long serialVersionUID = 1L;

  DatasetException(String message) {
    super(message);
  }
}
