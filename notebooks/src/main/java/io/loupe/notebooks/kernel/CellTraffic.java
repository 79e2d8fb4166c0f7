package io.loupe.notebooks.kernel;

import io.loupe.notebooks.eval.CellListener;
import io.loupe.notebooks.eval.CellResult;
import io.loupe.workbench.display.MimeBundle;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Carries what a running cell says from the cell's threads to the thread that owns the sockets. The
 * cell's own thread may be interrupted at any time, and an interrupt in the middle of sending would
 * break a socket for good: so cells never touch one. A cell that prints faster than the front end
 * is served has to wait.
 */
final class CellTraffic implements CellListener {
  private static final int CAPACITY = 4096;
  private static final long PATIENCE_MS = 50;

  private final BlockingQueue<Event> events = new ArrayBlockingQueue<>(CAPACITY);
  private volatile boolean open = true;

  /** Something that a cell says. */
  interface Event {}

  /** A piece of text, printed to standard output or standard error. */
  record Printed(boolean error, String text) implements Event {}

  /** A value shown in the middle of a cell. */
  record Shown(MimeBundle bundle) implements Event {}

  /** The cell wants a line of input, and waits for it. */
  record Asked(CompletableFuture<String> answer) implements Event {}

  /** The cell is done; nothing follows. */
  record Done(CellResult result) implements Event {}

  @Override
  public void stdout(String text) {
    put(new Printed(false, text));
  }

  @Override
  public void stderr(String text) {
    put(new Printed(true, text));
  }

  @Override
  public void display(MimeBundle bundle) {
    put(new Shown(bundle));
  }

  /** Ends the traffic; what threads of the cell say afterwards is dropped. */
  void done(CellResult result) {
    put(new Done(result));
    open = false;
  }

  void put(Event event) {
    boolean interrupted = false;
    boolean accepted = false;
    while (open && !accepted) {
      try {
        accepted = events.offer(event, PATIENCE_MS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the next event, waiting for it at most that long; null if there is none. */
  @Nullable Event next(long milliseconds) throws InterruptedException {
    return events.poll(milliseconds, TimeUnit.MILLISECONDS);
  }

  /** Returns the next event, if it is there already and is text for the same stream. */
  @Nullable Printed more(Printed before) {
    if (events.peek() instanceof Printed next && next.error() == before.error()) {
      events.poll();
      return next;
    }
    return null;
  }
}
