package io.loupe.workbench.hub;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The hub cannot be reached, stalls or is busy: later it may work. */
final class UnavailableException extends HubException {
  private static final long serialVersionUID = 1L;

  private final @Nullable Duration wait;

  UnavailableException(Subject subject, String problem) {
    super(subject, problem, null);
    this.wait = null;
  }

  UnavailableException(Subject subject, String problem, Throwable cause) {
    super(subject, problem, cause);
    this.wait = null;
  }

  /** With the time after which the server wants to be asked again. */
  UnavailableException(Subject subject, String problem, Duration wait) {
    super(subject, problem, null);
    this.wait = wait;
  }

  Duration atLeast(Duration other) {
    return wait != null && wait.compareTo(other) > 0 ? wait : other;
  }
}
