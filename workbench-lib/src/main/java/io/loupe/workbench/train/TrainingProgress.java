package io.loupe.workbench.train;

import io.loupe.workbench.display.Display;
import io.loupe.workbench.display.ProgressLine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Says how far training is: steps, loss, rate, time left; nothing if it is over within a second.
 */
final class TrainingProgress {
  private static final int CURVE = 16;
  private static final String BARS = "▁▂▃▄▅▆▇█";
  private static final long EVERY_NANOS = 500_000_000;

  private final String what;
  private final int steps;
  private final LongSupplier nanos;
  private final long begin;
  private final List<Double> losses = new ArrayList<>();
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
    losses.add(loss);
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
    double rate = losses.size() / (passed / 1e9);
    long left = Math.round((steps - done) / rate);
    int bar = 20 * done / steps;
    return "%s [%s%s] step %,d of %,d, loss %.4g %s, %.1f steps/s, %s"
        .formatted(
            what,
            "=".repeat(bar),
            " ".repeat(20 - bar),
            done,
            steps,
            loss,
            curve(losses),
            rate,
            done == steps
                ? "%d s".formatted(Duration.ofNanos(passed).toSeconds())
                : "%d s left".formatted(left));
  }

  /** The losses so far as one line of bars, each a mean over an equal part of the steps. */
  static String curve(List<Double> losses) {
    int width = Math.min(CURVE, losses.size());
    double[] means = new double[width];
    for (int i = 0; i < width; i++) {
      int from = i * losses.size() / width;
      int to = (i + 1) * losses.size() / width;
      means[i] =
          losses.subList(from, to).stream().mapToDouble(Double::doubleValue).average().orElse(0);
    }
    double low = Arrays.stream(means).min().orElse(0);
    double high = Arrays.stream(means).max().orElse(0);
    StringBuilder bars = new StringBuilder();
    for (double mean : means) {
      double share = high > low ? (mean - low) / (high - low) : 0;
      bars.append(BARS.charAt((int) Math.round(share * (BARS.length() - 1))));
    }
    return bars.toString();
  }
}
