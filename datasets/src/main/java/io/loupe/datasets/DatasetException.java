package io.loupe.datasets;

import java.io.IOException;

/**
 * A file of a dataset or a shipped model that is missing or damaged. Its message names the file,
 * and the line where there is one.
 */
public class DatasetException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 80;

  /** An error whose message names the file. */
  public DatasetException(String message) {
    super(message);
  }

  /** An error whose message names the file, with what led to it. */
  public DatasetException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * An error at a line of a file.
   *
   * @param line counted from 1
   * @param expected what should stand there
   * @param got what stands there; shortened
   */
  public static DatasetException at(String file, int line, String expected, String got) {
    return new DatasetException(
        "%s, line %d: expected %s, got %s".formatted(file, line, expected, shortened(got)));
  }

  private static String shortened(String got) {
    String line = got.replace("\n", "\\n").replace("\r", "\\r");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }
}
