package io.loupe.workbench.hub;

import io.loupe.workbench.display.ProgressLine;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Says how a model's download goes: file, size, rate, time left. */
final class Meter {
  /** What a new rate counts for against the ones before. */
  private static final double SMOOTHING = 0.3;

  private final HubName name;
  private final Consumer<ProgressLine> lines;
  private final Duration interval;
  private final LongSupplier nanos;
  private final long begin;

  private String file = "";
  private long size;
  private long said;
  private long saidAt;
  private double rate;
  private int files;
  private long bytes;

  /**
   * Makes one.
   *
   * @param interval time between two lines
   * @param nanos the clock
   */
  Meter(HubName name, Consumer<ProgressLine> lines, Duration interval, LongSupplier nanos) {
    this.name = name;
    this.lines = lines;
    this.interval = interval;
    this.nanos = nanos;
    this.begin = nanos.getAsLong();
  }

  /** Says that something else is going on. */
  void note(String text) {
    say(text, false);
  }

  /** Says how it ended. */
  void last(String text) {
    say(text, true);
  }

  private void say(String text, boolean last) {
    lines.accept(new ProgressLine(text.replaceAll("\\p{Cntrl}+", " "), last));
  }

  /**
   * A file begins, or goes on.
   *
   * @param size in bytes, or -1
   * @param have how much of it was there before
   */
  void start(String file, long size, long have) {
    this.file = file;
    this.size = size;
    this.said = have;
    this.saidAt = nanos.getAsLong();
    this.rate = 0;
  }

  /** So much of the file is there. */
  void at(long have) {
    long now = nanos.getAsLong();
    if (now - saidAt < interval.toNanos()) {
      return;
    }
    double latest = (have - said) / ((now - saidAt) / 1e9);
    rate = rate == 0 ? latest : SMOOTHING * latest + (1 - SMOOTHING) * rate;
    said = have;
    saidAt = now;
    note(line(have));
  }

  private String line(long have) {
    String known = size < 0 ? size(have) : size(have) + " of " + size(size);
    String left =
        size < 0 || rate < 1 ? "" : ", " + time(Math.round((size - have) / rate)) + " left";
    return "%s: %s %s, %s/s%s".formatted(name, file, known, size((long) rate), left);
  }

  /** The file is there; so many of its bytes were fetched now. */
  void ended(long fetched) {
    files++;
    bytes += fetched;
  }

  /** All are there. Nothing is said if nothing was fetched. */
  void done() {
    if (files > 0) {
      long seconds = Math.round((nanos.getAsLong() - begin) / 1e9);
      String what = files == 1 ? "1 file" : files + " files";
      last("%s: fetched %s, %s in %s".formatted(name, what, size(bytes), time(seconds)));
    }
  }

  static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    String[] units = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = bytes / 1e3;
    int unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1e3;
      unit++;
    }
    return String.format(Locale.ROOT, value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  }

  static String time(long seconds) {
    if (seconds < 60) {
      return seconds + " s";
    }
    long minutes = seconds / 60;
    return minutes < 60
        ? minutes + " min " + seconds % 60 + " s"
        : minutes / 60 + " h " + minutes % 60 + " min";
  }
}
