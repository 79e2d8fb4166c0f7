package io.loupe.notebooks.kernel;

import io.loupe.notebooks.eval.CellError;
import io.loupe.notebooks.eval.CellEvaluator;
import io.loupe.notebooks.eval.CellResult;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Runs cells in one thread of their own. The evaluator is made in that thread too, while the kernel
 * already answers: a front end gives up on a kernel that says nothing for long.
 */
final class Cells {
  private final ExecutorService thread = Executors.newSingleThreadExecutor(Cells::thread);
  private final CompletableFuture<CellEvaluator> evaluator =
      CompletableFuture.supplyAsync(CellEvaluator::new, thread);

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "cells");
    thread.setDaemon(true);
    return thread;
  }

  /** Starts a cell; the traffic ends with its result. */
  void start(String source, CellTraffic traffic) {
    thread.execute(() -> traffic.done(run(source, traffic)));
  }

  private CellResult run(String source, CellTraffic traffic) {
    try {
      return evaluator().evaluate(source, traffic);
    } catch (RuntimeException | LinkageError e) {
      return new CellResult(Optional.empty(), Optional.of(failure(e)));
    }
  }

  /** Reports a fault of the evaluator itself: the front end has to get an answer all the same. */
  private static CellError failure(Throwable fault) {
    Throwable cause = fault.getCause() == null ? fault : fault.getCause();
    String name = cause.getClass().getSimpleName();
    String message = String.valueOf(cause.getMessage());
    return new CellError(CellError.Kind.RUNTIME, name, message, 0, List.of(name + ": " + message));
  }

  /** Returns the evaluator, waiting for it at the start. */
  CellEvaluator evaluator() {
    return evaluator.join();
  }

  /** Stops the running cell, if there is one. */
  void interrupt() {
    if (evaluator.isDone() && !evaluator.isCompletedExceptionally()) {
      evaluator.join().interrupt();
    }
  }
}
