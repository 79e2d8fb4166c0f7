package io.loupe.workbench.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder for large files that goes when it is closed, and also when the JVM is interrupted. */
public final class TemporaryFolder implements AutoCloseable {
  private final Path path;
  private final Thread atExit = new Thread(this::deleteAtExit);

  private TemporaryFolder(Path path) {
    this.path = path;
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /**
   * Makes a folder where temporary files go.
   *
   * @param bytes how much will be written into it
   * @throws IOException if the disk has less room than that and a tenth more
   */
  public static TemporaryFolder withRoomFor(long bytes) throws IOException {
    Path path = Files.createTempDirectory("loupe-bench-");
    TemporaryFolder folder = new TemporaryFolder(path);
    long free = Files.getFileStore(path).getUsableSpace();
    if (free < bytes + bytes / 10) {
      folder.close();
      throw new IOException(
          "%s: %d MB are needed for temporary files, %d MB are free; set -Djava.io.tmpdir to another disk"
              .formatted(path.getParent(), (bytes + bytes / 10) >> 20, free >> 20));
    }
    return folder;
  }

  /** Returns the folder. */
  public Path path() {
    return path;
  }

  /** Deletes a folder in this one, to make room for the next. */
  public static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> inner = all.sorted(Comparator.reverseOrder()).toList();
      for (Path each : inner) {
        Files.deleteIfExists(each);
      }
    }
  }

  @Override
  public void close() throws IOException {
    Runtime.getRuntime().removeShutdownHook(atExit);
    delete(path);
  }

  private void deleteAtExit() {
    try {
      delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
