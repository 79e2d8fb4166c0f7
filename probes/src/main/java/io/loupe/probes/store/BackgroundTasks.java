package io.loupe.probes.store;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that one thread of its own does in their order, while the caller goes on. What waits is
 * bounded: the caller waits in {@link #submit} when too much does. After the first failure nothing
 * more is done, and the caller is told.
 */
final class BackgroundTasks implements AutoCloseable {
  private final ExecutorService thread;
  private final Semaphore room;
  private final int capacity;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /** What may fail. */
  @FunctionalInterface
  interface Task {
    void run() throws IOException;
  }

  /**
   * Starts the thread.
   *
   * @param capacity how much may wait, in the unit of {@link #submit}
   */
  BackgroundTasks(String name, int capacity) {
    this.capacity = capacity;
    this.room = new Semaphore(capacity);
    this.thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, name);
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * Hands a task over; waits while there is no room for it.
   *
   * @param size what it takes of the capacity; a task larger than all of it waits until it is alone
   * @param always done after the task, and also if it is left out because another failed
   * @throws IOException what an earlier task failed with
   */
  void submit(int size, Task task, Runnable always) throws IOException {
    int taken = Math.min(size, capacity);
    try {
      room.acquire(taken);
    } catch (InterruptedException e) {
      always.run();
      Thread.currentThread().interrupt();
      throw (CancellationException)
          new CancellationException("the thread was interrupted while it captured").initCause(e);
    }
    thread.execute(() -> perform(task, always, taken));
    rethrow();
  }

  private void perform(Task task, Runnable always, int taken) {
    try {
      if (failure.get() == null) {
        task.run();
      }
    } catch (IOException | RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    } finally {
      always.run();
      room.release(taken);
    }
  }

  /** Waits until all is done. */
  void finish() throws IOException {
    submit(capacity, () -> {}, () -> {});
    end();
    rethrow();
  }

  private void rethrow() throws IOException {
    Throwable failed = failure.get();
    if (failed instanceof IOException e) {
      throw e;
    } else if (failed instanceof RuntimeException e) {
      throw e;
    } else if (failed instanceof Error e) {
      throw e;
    }
  }

  /** Leaves out what waits, and waits for what is being done. */
  @Override
  public void close() {
    failure.compareAndSet(null, new CancellationException("the capture was broken off"));
    end();
  }

  /** Takes no more, and waits for what there is; an interrupt is kept for later. */
  private void end() {
    thread.shutdown();
    boolean interrupted = false;
    while (true) {
      try {
        if (thread.awaitTermination(1, TimeUnit.DAYS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
