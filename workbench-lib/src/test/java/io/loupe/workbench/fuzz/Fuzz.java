package io.loupe.workbench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/**
 * Lets a reader read many damaged files, the same ones each time. It must read each of them, or say
 * what is wrong in an exception of its own that names the file; without allocating more than a
 * bound set by the file's size, and without taking long. The files of the last round stay in {@code
 * target/fuzz}, so that one that ends the JVM can be looked at.
 *
 * @param name what is read
 * @param bytesPerByte how many bytes of Java memory a byte of the files may cost
 */
record Fuzz(String name, int bytesPerByte) {
  /** How many damaged files there are in all; the Maven profile "nightly" asks for more. */
  private static final int FILES = Integer.getInteger("loupe.fuzz.files", 5_000);

  /**
   * What may be allocated whatever the files' size: buffers of parsers, messages, arrays of DJL.
   */
  private static final long BYTES_AT_LEAST = 1 << 19;

  private static final long SLOWEST_NANOS = 5_000_000_000L;
  private static final int LONGEST_MESSAGE = 2_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Gives the files of a folder by name. */
  @FunctionalInterface
  interface Maker {
    Map<String, byte[]> files(Random random) throws IOException;
  }

  @FunctionalInterface
  interface Reader {
    void read(Path folder) throws IOException;
  }

  /** Returns how many files a reader gets that is given some per cent of all. */
  static int share(int perCent) {
    return Math.max(1, FILES / 100 * perCent);
  }

  /** Returns how many of the files were refused. */
  int run(int files, Maker maker, Reader reader) throws IOException {
    Path folder = Path.of("target", "fuzz", name.replace(' ', '-'));
    Files.createDirectories(folder);
    int refused = 0;
    long most = 0;
    for (int seed = 0; seed < files; seed++) {
      String where = name + ", seed " + seed + ", see " + folder.toAbsolutePath();
      long size = write(folder, maker.files(new Random(31L * seed + name.hashCode())));
      long allowed = BYTES_AT_LEAST + size * bytesPerByte;
      Reading reading = read(folder, reader, where);
      // what the JVM itself allocates now and then, for classes above all, does not come again
      for (int again = 0; again < 3 && reading.allocated > allowed; again++) {
        reading = read(folder, reader, where);
      }
      assertThat(reading.nanos).as("nanoseconds, %s", where).isLessThan(SLOWEST_NANOS);
      assertThat(reading.allocated)
          .as("bytes allocated for files of %d bytes, %s", size, where)
          .isLessThanOrEqualTo(allowed);
      most = Math.max(most, reading.allocated - size * bytesPerByte);
      refused += reading.refused ? 1 : 0;
    }
    System.out.printf(
        "fuzz: %s: %d files, %d refused, at most %d bytes more than %d times the size%n",
        name, files, refused, most, bytesPerByte);
    return refused;
  }

  /** What one reading cost, and whether it ended in a message. */
  private record Reading(boolean refused, long allocated, long nanos) {}

  private static Reading read(Path folder, Reader reader, String where) {
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    long begin = System.nanoTime();
    IOException message = null;
    try {
      reader.read(folder);
    } catch (IOException e) {
      message = e;
    } catch (Exception | StackOverflowError | OutOfMemoryError e) {
      fail(where + ": " + e, e);
    }
    Reading reading =
        new Reading(
            message != null,
            THREADS.getCurrentThreadAllocatedBytes() - allocated,
            System.nanoTime() - begin);
    if (message != null) {
      checkMessage(message, folder, where);
    }
    return reading;
  }

  private static void checkMessage(IOException e, Path folder, String where) {
    assertThat(e.getClass().getName()).as(where).startsWith("io.loupe.workbench.");
    assertThat(e.getMessage()).as(where).startsWith(folder.toString());
    assertThat(e.getMessage().length())
        .as("length of a message, %s", where)
        .isLessThan(LONGEST_MESSAGE);
  }

  private static long write(Path folder, Map<String, byte[]> files) throws IOException {
    long size = 0;
    try (var old = Files.list(folder)) {
      for (Path file : old.toList()) {
        if (!files.containsKey(file.getFileName().toString())) {
          Files.delete(file);
        }
      }
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
      size += file.getValue().length;
    }
    return size;
  }
}
