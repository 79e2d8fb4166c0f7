package io.loupe.datasets.file;

import io.loupe.datasets.DatasetException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a file of UTF-8 line by line and counts the lines. */
public final class Lines implements AutoCloseable {
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final String file;
  private final BufferedReader reader;
  private int line;

  /**
   * Reads from a stream.
   *
   * @param file how messages call it
   * @param in closed with this
   */
  public Lines(String file, InputStream in) {
    this.file = file;
    // a decoder of its own, since the usual one replaces what is no UTF-8
    this.reader =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
  }

  /** Opens one of a dataset's files. */
  public static Lines open(DataFiles files, String path) throws IOException {
    return new Lines(files.nameOf(path), files.open(path));
  }

  /** Returns all lines of one of a dataset's files. */
  public static List<String> all(DataFiles files, String path) throws IOException {
    try (Lines lines = open(files, path)) {
      List<String> all = new ArrayList<>();
      for (String next = lines.next(); next != null; next = lines.next()) {
        all.add(next);
      }
      return all;
    }
  }

  /** Returns the next line, without its end; null behind the last. */
  public @Nullable String next() throws DatasetException {
    line++;
    try {
      String next = reader.readLine();
      return line == 1 && next != null && !next.isEmpty() && next.charAt(0) == BYTE_ORDER_MARK
          ? next.substring(1)
          : next;
    } catch (CharacterCodingException e) {
      throw new DatasetException(
          "%s, line %d or soon after: expected UTF-8, got bytes that are none"
              .formatted(file, line),
          e);
    } catch (IOException e) {
      throw new DatasetException(
          "%s, line %d: cannot be read on: %s".formatted(file, line, e.getMessage()), e);
    }
  }

  /** Returns the number of the line read last, from 1. */
  public int line() {
    return line;
  }

  /** Returns how messages call the file. */
  public String file() {
    return file;
  }

  /** Returns an error at the line read last. */
  public DatasetException broken(String expected, String got) {
    return DatasetException.at(file, line, expected, got);
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
