package io.loupe.notebooks.kernel;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard error while the sockets are closed, without what their own threads print. One of them
 * may find the mailbox of another closed already, a race in the library that harms nothing: all
 * messages are out by then. It prints the exception, which a front end would show as the kernel's.
 */
final class ClosingErrors extends OutputStream {
  private final PrintStream err;

  private ClosingErrors(PrintStream err) {
    this.err = err;
  }

  static PrintStream of(PrintStream err) {
    return new PrintStream(new ClosingErrors(err), true, StandardCharsets.UTF_8);
  }

  @Override
  public void write(int oneByte) {
    if (!isSocketThread()) {
      err.write(oneByte);
    }
  }

  @Override
  public void write(byte[] bytes, int from, int count) {
    if (!isSocketThread()) {
      err.write(bytes, from, count);
    }
  }

  @Override
  public void flush() {
    err.flush();
  }

  private static boolean isSocketThread() {
    String name = Thread.currentThread().getName();
    return name.startsWith("iothread-") || name.startsWith("reaper-");
  }
}
