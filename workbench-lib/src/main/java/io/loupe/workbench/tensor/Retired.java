package io.loupe.workbench.tensor;

import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The memory of tensors that Java can no longer reach. Reading a tensor into an array, or an
 * operation on one, goes on in native code when the compiler already holds the Java object for
 * dead; a collection in that moment would pull the memory away, and what is read would be another
 * tensor's. So memory is freed by a thread that is between operations of its own, and some time
 * after the collection that found it, so that other threads are done with theirs.
 */
final class Retired {
  private static final long GRACE = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long MOST_BYTES = 64L << 20;
  private static final int MOST_TENSORS = 4096;

  private record Entry(long handle, long bytes, long since) {}

  private final Deque<Entry> entries = new ArrayDeque<>(); // oldest first
  private long bytes;

  /** Keeps memory that is to be freed later. */
  synchronized void add(long handle, long size) {
    entries.add(new Entry(handle, size, System.nanoTime()));
    bytes += size;
  }

  /** Frees what has waited long enough, if much is waiting. */
  void freeIfMany() {
    boolean many;
    synchronized (this) {
      many = bytes > MOST_BYTES || entries.size() > MOST_TENSORS;
    }
    if (many) {
      free();
    }
  }

  /** Frees what has waited long enough. */
  void free() {
    for (long handle : due()) {
      JniUtils.deleteNDArray(handle);
    }
  }

  private synchronized List<Long> due() {
    List<Long> due = new ArrayList<>();
    long now = System.nanoTime();
    for (Entry first = entries.peek();
        first != null && now - first.since() >= GRACE;
        first = entries.peek()) {
      entries.remove();
      bytes -= first.bytes();
      due.add(first.handle());
    }
    return due;
  }
}
