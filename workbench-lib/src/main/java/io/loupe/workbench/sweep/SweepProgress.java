package io.loupe.workbench.sweep;

import io.loupe.workbench.display.ProgressLine;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Says how far a sweep is: cells, rate, time left. A sweep of less than a second says nothing. */
final class SweepProgress {
  private static final int BAR = 20;
  private static final double INTERVAL = 0.5; // seconds between two lines
  private static final double QUIET = 1; // seconds before the first

  private final String name;
  private final int cells;
  private final Consumer<ProgressLine> lines;
  private final LongSupplier nanos;
  private final long begin;
  private int before;
  private int done;
  private double said;

  /**
   * Makes one.
   *
   * @param nanos the clock
   */
  SweepProgress(String name, int cells, Consumer<ProgressLine> lines, LongSupplier nanos) {
    this.name = name;
    this.cells = cells;
    this.lines = lines;
    this.nanos = nanos;
    this.begin = nanos.getAsLong();
  }

  /** So many cells were there already. */
  void resumed(int finished) {
    before = finished;
    done = finished;
    if (finished > 0) {
      say("%s: goes on behind %d of %d cells".formatted(name, finished, cells), false);
    }
  }

  /** So many more cells are done. */
  void more(int finished) {
    done += finished;
    double seconds = seconds();
    if (seconds >= QUIET && seconds - said >= INTERVAL && done < cells) {
      said = seconds;
      say(line(seconds), false);
    }
  }

  /** The sweep is done. Nothing is said if nothing was said before. */
  void ended() {
    if (said > 0) {
      say("%s: %d cells in %s".formatted(name, cells, time(Math.round(seconds()))), true);
    }
  }

  /** The sweep was broken off; what was said last stays. */
  void broken() {
    if (said > 0) {
      say("%s: stopped behind %d of %d cells".formatted(name, done, cells), true);
    }
  }

  private void say(String text, boolean last) {
    said = Math.max(said, 1e-9);
    lines.accept(new ProgressLine(text.replaceAll("\\p{Cntrl}+", " "), last));
  }

  private String line(double seconds) {
    double rate = (done - before) / seconds;
    int full = (int) ((long) BAR * done / cells);
    String left = rate > 0 ? time(Math.round((cells - done) / rate)) + " left" : "";
    return String.format(
        Locale.ROOT,
        "%s [%s%s] %d of %d cells, %s/s, %s",
        name,
        "#".repeat(full),
        ".".repeat(BAR - full),
        done,
        cells,
        String.format(Locale.ROOT, rate < 10 ? "%.1f" : "%.0f", rate),
        left);
  }

  private double seconds() {
    return (nanos.getAsLong() - begin) / 1e9;
  }

  private static String time(long seconds) {
    if (seconds < 60) {
      return seconds + " s";
    }
    long minutes = seconds / 60;
    return minutes < 60
        ? minutes + " min " + seconds % 60 + " s"
        : minutes / 60 + " h " + minutes % 60 + " min";
  }
}
