package io.loupe.workbench.display;

import java.util.function.Consumer;

/**
 * Shows values in the middle of a cell: {@code Display.show(figure)}. Where they go is the business
 * of whoever runs the cell (the kernel, the report); outside of both they are printed as text.
 */
public final class Display {
  private static final int WIDTH = 100;

  private static volatile Consumer<MimeBundle> receiver = Display::print;
  private static volatile Consumer<ProgressLine> progressReceiver = Display::print;

  private Display() {}

  /** Shows each value in turn, as if it were the last expression of a cell. */
  public static void show(Object... values) {
    for (Object value : values) {
      receiver.accept(Renderers.render(value));
    }
  }

  /** Sends what is shown from now on to the given receiver, until the returned handle is closed. */
  public static synchronized Redirection redirectTo(Consumer<MimeBundle> newReceiver) {
    Consumer<MimeBundle> before = receiver;
    receiver = newReceiver;
    return () -> receiver = before;
  }

  /**
   * Says what a step that takes long is doing. Outside of a report, which keeps it out of its
   * pages, it goes to standard error, where each line overwrites the one before.
   */
  public static void progress(ProgressLine line) {
    progressReceiver.accept(line);
  }

  /** Sends progress from now on to the given receiver, until the returned handle is closed. */
  public static synchronized Redirection redirectProgressTo(Consumer<ProgressLine> newReceiver) {
    Consumer<ProgressLine> before = progressReceiver;
    progressReceiver = newReceiver;
    return () -> progressReceiver = before;
  }

  private static void print(ProgressLine line) {
    String rest = " ".repeat(Math.max(0, WIDTH - line.text().length())); // of the line before
    System.err.print("\r" + line.text() + rest + (line.last() ? "\n" : ""));
    System.err.flush();
  }

  private static void print(MimeBundle bundle) {
    System.out.println(
        bundle.data().getOrDefault(MimeBundle.TEXT, String.join(" ", bundle.data().keySet())));
  }

  /** Closing it restores the receiver that was there before. */
  @FunctionalInterface
  public interface Redirection extends AutoCloseable {
    @Override
    void close();
  }
}
