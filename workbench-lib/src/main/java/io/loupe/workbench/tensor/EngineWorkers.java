package io.loupe.workbench.tensor;

import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads that call the engine for small products, each of them in one thread of the engine's own:
 * many products at once instead of many threads for one. A product is then computed the same way
 * however many workers there are.
 */
public final class EngineWorkers {
  private static @Nullable ExecutorService pool;

  private EngineWorkers() {}

  /** What one thread does tasks with; closed when there are none left. */
  public interface Worker extends AutoCloseable {
    /** Does one task. */
    void run(int task);

    @Override
    void close();
  }

  /** Returns how many threads there are: one for each processor. */
  public static int available() {
    return Runtime.getRuntime().availableProcessors();
  }

  /**
   * Does tasks 0 to {@code tasks - 1}, begun in this order, and waits for them.
   *
   * @param threads at most so many at once, 1 or more
   * @param workers makes what each thread works with, in that thread
   * @throws CancellationException if the calling thread is interrupted; it stays so
   */
  public static void run(int threads, int tasks, Supplier<? extends Worker> workers) {
    AtomicInteger next = new AtomicInteger();
    Runnable loop =
        () -> {
          try (Worker worker = workers.get()) {
            for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
              worker.run(task);
            }
          } catch (RuntimeException | Error e) {
            next.set(tasks); // the others need not go on
            throw e;
          }
        };
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < Math.min(Math.min(threads, available()), tasks); i++) {
      running.add(pool().submit(loop));
    }
    try {
      waitFor(running);
    } catch (InterruptedException e) {
      next.set(tasks);
      Thread.currentThread().interrupt();
      awaitQuietly(running);
      throw new CancellationException("the thread was interrupted while workers computed");
    }
  }

  private static void waitFor(List<Future<?>> running) throws InterruptedException {
    Throwable failure = null;
    for (Future<?> one : running) {
      try {
        one.get();
      } catch (ExecutionException e) {
        failure = failure == null ? e.getCause() : failure;
      }
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    } else if (failure instanceof Error e) {
      throw e;
    }
  }

  /** What the workers read must not be freed before they have stopped. */
  private static void awaitQuietly(List<Future<?>> running) {
    boolean interrupted = true;
    while (interrupted) {
      interrupted = Thread.interrupted();
      try {
        waitFor(running);
        interrupted = false;
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (RuntimeException e) {
        interrupted = false; // the interruption is what is told
      }
    }
    Thread.currentThread().interrupt();
  }

  /**
   * The number of the engine's threads is each thread's own, but threads that come to the engine
   * later take over what was said last. So it is said once more when all workers have started.
   */
  private static synchronized ExecutorService pool() {
    ExecutorService existing = pool;
    if (existing != null) {
      return existing;
    }
    Engines.pytorch();
    int before = JniUtils.getNumThreads();
    CountDownLatch started = new CountDownLatch(available());
    ExecutorService made =
        Executors.newFixedThreadPool(
            available(),
            work -> {
              Thread thread =
                  new Thread(
                      () -> {
                        JniUtils.setNumThreads(1);
                        started.countDown();
                        work.run();
                      },
                      "loupe-attention");
              thread.setDaemon(true);
              return thread;
            });
    for (int i = 0; i < available(); i++) {
      made.execute(
          () -> {
            try {
              started.await(); // so that each takes a thread of its own
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
    }
    boolean interrupted = false;
    while (true) {
      try {
        started.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    JniUtils.setNumThreads(before);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    pool = made;
    return made;
  }
}
