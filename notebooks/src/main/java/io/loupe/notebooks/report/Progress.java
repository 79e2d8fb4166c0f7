package io.loupe.notebooks.report;

import io.loupe.workbench.display.ProgressLine;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Says on the console which cell runs and how long it took: one line a cell. On a terminal the line
 * of the running cell counts its seconds.
 */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 60;
  private static final int NOTE_WIDTH = 100;
  private static final long TICK_MILLIS = 500;

  private final PrintStream out;
  private final ScheduledExecutorService clock;
  private final boolean live;
  private String line = "";
  private long start;
  private boolean running;
  private boolean noted;

  /**
   * Makes one.
   *
   * @param out where to write; must not be a stream that the cells' output is redirected from
   * @param live whether {@code out} is a terminal, whose last line can be written again
   */
  Progress(PrintStream out, boolean live) {
    this.out = out;
    this.live = live;
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "progress");
              thread.setDaemon(true);
              return thread;
            });
    if (live) {
      var unused =
          clock.scheduleAtFixedRate(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Says that a cell starts. */
  synchronized void started(int number, int count, String source) {
    String total = String.valueOf(count);
    String format = "[%" + total.length() + "d/%s] %-" + WIDTH + "s";
    line = String.format(Locale.ROOT, format, number, total, firstLine(source));
    start = System.nanoTime();
    running = true;
    if (live) {
      out.print("\r" + line);
      out.flush();
    }
  }

  /**
   * Says what the running cell waits for: on a terminal in the place of its line; elsewhere only
   * how that ended.
   */
  synchronized void note(ProgressLine note) {
    noted = live && !note.last();
    if (live) {
      out.print("\r" + note.text() + " ".repeat(Math.max(0, NOTE_WIDTH - note.text().length())));
    }
    if (note.last()) {
      out.println(live ? "" : note.text());
    }
    out.flush();
  }

  /** Says that it ended. */
  synchronized void ended(boolean failed) {
    running = false;
    if (noted) {
      out.print("\r" + " ".repeat(NOTE_WIDTH));
      noted = false;
    }
    out.println((live ? "\r" : "") + line + seconds() + (failed ? "  failed" : ""));
    out.flush();
  }

  private synchronized void tick() {
    if (running && !noted) {
      out.print("\r" + line + seconds());
      out.flush();
    }
  }

  private String seconds() {
    return String.format(Locale.ROOT, " %6.1f s", (System.nanoTime() - start) / 1e9);
  }

  /**
   * Returns the first line that says something: no blank line, import or comment if there is more.
   */
  static String firstLine(String source) {
    var lines = source.lines().map(String::strip).filter(text -> !text.isEmpty()).toList();
    String first =
        lines.stream()
            .filter(text -> !text.startsWith("import ") && !text.startsWith("//"))
            .findFirst()
            .orElse(lines.isEmpty() ? "" : lines.get(0));
    String printable = first.replaceAll("\\p{Cntrl}", " ");
    return printable.length() <= WIDTH ? printable : printable.substring(0, WIDTH - 3) + "...";
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
