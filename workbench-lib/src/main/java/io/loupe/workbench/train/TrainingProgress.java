package io.loupe.workbench.train;

import io.loupe.workbench.display.Display;
import io.loupe.workbench.display.ProgressLine;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Says how far training is: steps, loss, rate, time left; nothing if it is over within a second.
 */
final class TrainingProgress {
  private static final long EVERY_NANOS = 500_000_000;

  private final String what;
  private final int steps;
  private final LongSupplier nanos;
  private final long begin;
  private long saidAt;
  private boolean said;

  TrainingProgress(String what, int steps, LongSupplier nanos) {
    this.what = what;
    this.steps = steps;
    this.nanos = nanos;
    this.begin = nanos.getAsLong();
    this.saidAt = begin;
  }

  /** So many steps are done. */
  void at(int done, double loss) {
    long now = nanos.getAsLong();
    if (now - saidAt < EVERY_NANOS) {
      return;
    }
    saidAt = now;
    said = true;
    Display.progress(new ProgressLine(line(done, loss, now - begin), false));
  }

  /** It is over. */
  void close(int done, double loss) {
    if (said) {
      Display.progress(new ProgressLine(line(done, loss, nanos.getAsLong() - begin), true));
    }
  }

  private String line(int done, double loss, long passed) {
    double rate = done / (passed / 1e9);
    long left = Math.round((steps - done) / rate);
    int bar = 20 * done / steps;
    return "%s [%s%s] step %,d of %,d, loss %.4g, %.1f steps/s, %s"
        .formatted(
            what,
            "=".repeat(bar),
            " ".repeat(20 - bar),
            done,
            steps,
            loss,
            rate,
            done == steps
                ? "%d s".formatted(Duration.ofNanos(passed).toSeconds())
                : "%d s left".formatted(left));
  }
}
