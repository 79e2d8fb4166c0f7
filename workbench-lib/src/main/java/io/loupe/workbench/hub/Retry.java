package io.loupe.workbench.hub;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Tries again what a bad connection or a busy server prevented, a bounded number of times and ever
 * more slowly.
 *
 * @param notes takes a line about each wait
 */
record Retry(Patience patience, Consumer<String> notes) {
  /** What may be tried again. */
  @FunctionalInterface
  interface Request<T> {
    T run() throws HubException;
  }

  <T> T run(Subject subject, Request<T> request) throws HubException {
    return run(subject, request, () -> 0);
  }

  /**
   * Runs a request until it succeeds or has failed too often.
   *
   * @param reached how far it has come: tries that bring it further are not counted
   */
  <T> T run(Subject subject, Request<T> request, LongSupplier reached) throws HubException {
    long furthest = reached.getAsLong();
    int failures = 0;
    while (true) {
      try {
        return request.run();
      } catch (UnavailableException e) {
        long now = reached.getAsLong();
        failures = now > furthest ? 1 : failures + 1;
        furthest = Math.max(furthest, now);
        if (failures >= patience.tries()) {
          throw e;
        }
        pause(subject, e, failures);
      }
    }
  }

  private void pause(Subject subject, UnavailableException problem, int failures) {
    Duration doubled = patience.firstWait().multipliedBy(1L << Math.min(failures - 1, 20));
    Duration asked = problem.atLeast(doubled);
    Duration wait = asked.compareTo(patience.longestWait()) > 0 ? patience.longestWait() : asked;
    notes.accept(
        "%s; try %d of %d in %d s"
            .formatted(
                problem.getMessage(),
                failures + 1,
                patience.tries(),
                wait.plusMillis(999).toSeconds()));
    try {
      Thread.sleep(wait.toMillis());
    } catch (InterruptedException e) {
      throw Http.interrupted(subject, e);
    }
  }
}
