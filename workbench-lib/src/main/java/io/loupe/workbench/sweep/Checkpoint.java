package io.loupe.workbench.sweep;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * The finished cells of a sweep in a file: a header that says which sweep, then one record for each
 * pass, appended and forced to the disk. Integers are big-endian.
 *
 * <pre>
 * file   = "LOUPESW1" header record*
 * header = int length, UTF-8 text ("name = value" lines), int CRC-32 of the text
 * record = int cells, cells x (int cell, rows x double), int CRC-32 of what is before it
 * </pre>
 *
 * <p>What stands from the first record on that is not whole is computed again.
 */
final class Checkpoint implements AutoCloseable {
  private static final byte[] MAGIC = "LOUPESW1".getBytes(StandardCharsets.US_ASCII);
  private static final double TOLERANCE = 1e-4;

  private final Path path;
  private final RandomAccessFile file;
  private final FileLock lock;
  private final int rows;
  private final Map<Integer, double[]> finished = new TreeMap<>();

  private Checkpoint(Path path, RandomAccessFile file, FileLock lock, int rows) {
    this.path = path;
    this.file = file;
    this.lock = lock;
    this.rows = rows;
  }

  /**
   * Which sweep.
   *
   * @param names what it is, by name
   * @param baseline the metric of the run that is changed, [row]
   * @param source the metric of the run that is patched from, [row]; empty if there is none
   */
  record Header(Map<String, String> names, double[] baseline, double[] source) {
    private static final String SEPARATOR = " = ";
    private static final String BASELINE = "metric of the run";
    private static final String SOURCE = "metric of the run that is patched from";

    byte[] bytes() {
      StringBuilder text = new StringBuilder();
      names.forEach(
          (name, value) ->
              text.append(name)
                  .append(SEPARATOR)
                  .append(value.replaceAll("\\R", " "))
                  .append('\n'));
      text.append(BASELINE).append(SEPARATOR).append(Arrays.toString(baseline)).append('\n');
      text.append(SOURCE).append(SEPARATOR).append(Arrays.toString(source)).append('\n');
      return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Returns what a file's header says otherwise, in words; empty if it is this sweep's. */
    List<String> differences(byte[] found) {
      Map<String, String> theirs = read(found);
      List<String> differences = new ArrayList<>();
      read(bytes())
          .forEach(
              (name, ours) -> {
                String other = theirs.getOrDefault(name, "not said");
                boolean numbers = name.equals(BASELINE) || name.equals(SOURCE);
                if (numbers ? !close(other, ours) : !other.equals(ours)) {
                  differences.add("%s is %s, in the file %s".formatted(name, ours, other));
                }
              });
      return differences;
    }

    private static Map<String, String> read(byte[] text) {
      Map<String, String> values = new LinkedHashMap<>();
      for (String line : new String(text, StandardCharsets.UTF_8).split("\n")) {
        int at = line.indexOf(SEPARATOR);
        if (at >= 0) {
          values.put(line.substring(0, at), line.substring(at + SEPARATOR.length()));
        }
      }
      return values;
    }

    /** The same run on another number of cores differs by rounding. */
    private static boolean close(String a, String b) {
      double[] x = numbers(a);
      double[] y = numbers(b);
      boolean close = x.length == y.length;
      for (int i = 0; close && i < x.length; i++) {
        close = x[i] == y[i] || Math.abs(x[i] - y[i]) <= TOLERANCE * (1 + Math.abs(x[i]));
      }
      return close;
    }

    private static double[] numbers(String list) {
      String inner = list.replaceAll("[\\[\\]\\s]", "");
      try {
        return inner.isEmpty()
            ? new double[0]
            : Arrays.stream(inner.split(",")).mapToDouble(Double::parseDouble).toArray();
      } catch (NumberFormatException e) {
        return new double[] {Double.NaN};
      }
    }
  }

  /**
   * Opens a file, or makes it, for one sweep at a time.
   *
   * @throws IllegalArgumentException if it is another sweep's, no checkpoint, or in use
   * @throws UncheckedIOException naming the file if it cannot be read or written
   */
  static Checkpoint open(Path path, Header header, int cells) {
    try {
      RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
      try {
        FileLock lock = locked(path, file);
        Checkpoint opened = new Checkpoint(path, file, lock, header.baseline().length);
        opened.read(header, cells);
        return opened;
      } catch (IOException | RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The checkpoint " + path + " cannot be opened", e);
    }
  }

  private static FileLock locked(Path path, RandomAccessFile file) throws IOException {
    try {
      FileLock lock = file.getChannel().tryLock();
      if (lock != null) {
        return lock;
      }
    } catch (OverlappingFileLockException e) {
      throw inUse(path, Optional.of(e));
    }
    throw inUse(path, Optional.empty());
  }

  private static IllegalArgumentException inUse(Path path, Optional<Exception> cause) {
    return new IllegalArgumentException(
        "Another sweep is writing the checkpoint %s; wait for it or name another file"
            .formatted(path),
        cause.orElse(null));
  }

  private void read(Header header, int cells) throws IOException {
    byte[] text = header.bytes();
    byte[] expected = framed(text);
    ByteBuffer all = ByteBuffer.wrap(contents());
    boolean torn = all.remaining() < expected.length;
    int shared = Math.min(all.remaining(), expected.length);
    if (torn && Arrays.equals(all.array(), 0, shared, expected, 0, shared)) {
      file.setLength(0); // new, or broken off in its first line
      file.seek(0);
      write(expected);
      return;
    }
    byte[] found = header(all);
    List<String> differences = header.differences(found);
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "The checkpoint %s belongs to another sweep: %s. Name another file, or delete this one to begin anew"
              .formatted(path, String.join("; ", differences)));
    }
    long whole = all.position();
    while (record(all, cells)) {
      whole = all.position();
    }
    file.setLength(whole);
    file.seek(whole);
  }

  private byte[] contents() throws IOException {
    if (file.length() > Integer.MAX_VALUE - 8) {
      throw new IOException(path + " is too large for a checkpoint: " + file.length() + " bytes");
    }
    byte[] all = new byte[(int) file.length()];
    file.seek(0);
    file.readFully(all);
    return all;
  }

  private byte[] header(ByteBuffer all) {
    try {
      byte[] magic = new byte[MAGIC.length];
      all.get(magic);
      int length = all.getInt();
      if (Arrays.equals(magic, MAGIC) && length >= 0 && length <= all.remaining() - 4) {
        byte[] text = new byte[length];
        all.get(text);
        if (all.getInt() == crc(text, 0, length)) {
          return text;
        }
      }
    } catch (BufferUnderflowException e) {
      // too short: refused below
    }
    throw new IllegalArgumentException(
        "%s is no checkpoint of a sweep, or its header is damaged; name another file, or delete it"
            .formatted(path));
  }

  /** Reads one record; returns false at the first that is not whole. */
  private boolean record(ByteBuffer all, int cells) {
    int start = all.position();
    if (all.remaining() < 4) {
      return false;
    }
    int count = all.getInt(); // of cells
    long body = count * (4L + 8L * rows);
    if (count <= 0 || count > cells || body + 4 > all.remaining()) {
      return false;
    }
    int end = all.position() + (int) body;
    if (all.getInt(end) != crc(all.array(), start, end - start)) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      int cell = all.getInt();
      double[] values = new double[rows];
      for (int row = 0; row < rows; row++) {
        values[row] = all.getDouble();
      }
      if (cell >= 0 && cell < cells) {
        finished.put(cell, values);
      }
    }
    all.position(end + 4);
    return true;
  }

  /** Returns the finished cells' values, cell to [row]. */
  Map<Integer, double[]> finished() {
    return finished;
  }

  /** Appends the cells of one pass, [cell][row], and forces them to the disk. */
  void append(List<Integer> cells, double[][] values) {
    ByteBuffer record = ByteBuffer.allocate(8 + cells.size() * (4 + 8 * rows));
    record.putInt(cells.size());
    for (int i = 0; i < values.length; i++) {
      record.putInt(cells.get(i));
      for (double value : values[i]) {
        record.putDouble(value);
      }
    }
    record.putInt(crc(record.array(), 0, record.position()));
    try {
      write(record.array());
    } catch (IOException e) {
      throw new UncheckedIOException("The checkpoint " + path + " cannot be written", e);
    }
  }

  /** Not through the channel, which an interrupted thread would close. */
  private void write(byte[] bytes) throws IOException {
    file.write(bytes);
    file.getFD().sync();
  }

  private static byte[] framed(byte[] text) {
    return ByteBuffer.allocate(MAGIC.length + 8 + text.length)
        .put(MAGIC)
        .putInt(text.length)
        .put(text)
        .putInt(crc(text, 0, text.length))
        .array();
  }

  private static int crc(byte[] bytes, int from, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }

  @Override
  public void close() {
    try (file) {
      if (lock.isValid()) {
        lock.release();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The checkpoint " + path + " cannot be closed", e);
    }
  }
}
