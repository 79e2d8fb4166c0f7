package io.loupe.workbench.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps two downloads of a blob apart, of two threads and of two processes. It saves work and no
 * more: what is in the cache is right without it, as a blob gets its name only when it was checked.
 * (Python locks the same file, but with {@code flock}, which on Linux does not see Java's locks.)
 */
final class Locks {
  private static final Map<Path, ReentrantLock> IN_THIS_JVM = new ConcurrentHashMap<>();
  private static final long POLL_MILLIS = 100;

  private Locks() {}

  /** Closing it lets the next one in. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits until nobody else holds the lock.
   *
   * @param waiting is told if somebody does
   * @throws IOException if the lock's file cannot be made
   */
  static Held acquire(Path file, Runnable waiting) throws IOException, InterruptedException {
    Files.createDirectories(file.resolveSibling(""));
    ReentrantLock threads =
        IN_THIS_JVM.computeIfAbsent(file.toAbsolutePath(), path -> new ReentrantLock());
    if (!threads.tryLock()) {
      waiting.run();
      threads.lockInterruptibly();
    }
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return held(threads, channel, lock(channel, waiting));
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      threads.unlock();
      throw e;
    }
  }

  /** Polls, since a thread that waits in the lock itself cannot be interrupted cleanly. */
  private static @Nullable FileLock lock(FileChannel channel, Runnable waiting)
      throws IOException, InterruptedException {
    try {
      FileLock lock = channel.tryLock();
      if (lock == null) {
        waiting.run();
      }
      while (lock == null) {
        Thread.sleep(POLL_MILLIS);
        lock = channel.tryLock();
      }
      return lock;
    } catch (InterruptedException e) {
      channel.close();
      throw e;
    } catch (IOException e) {
      return null; // some network file systems have no locks; then two processes may both download
    }
  }

  private static Held held(ReentrantLock threads, FileChannel channel, @Nullable FileLock lock) {
    return () -> {
      try (channel) {
        if (lock != null) {
          lock.release();
        }
      } catch (IOException e) {
        // the system releases it when the process ends; the blob is in place
      } finally {
        threads.unlock();
      }
    };
  }
}
