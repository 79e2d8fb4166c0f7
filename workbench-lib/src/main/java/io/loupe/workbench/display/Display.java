package io.loupe.workbench.display;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Shows values in the middle of a cell: {@code Display.show(figure)}. Where they go is the business
 * of whoever runs the cell (the kernel, the report); outside of both they are printed as text.
 */
public final class Display {
  private static final Consumer<MimeBundle> PRINT =
      bundle ->
          System.out.println(
              bundle
                  .data()
                  .getOrDefault(MimeBundle.TEXT, String.join(" ", bundle.data().keySet())));
  private static final AtomicReference<Consumer<MimeBundle>> SINK = new AtomicReference<>(PRINT);

  private Display() {}

  /** Shows each value in turn, as if it were the last expression of a cell. */
  public static void show(Object... values) {
    for (Object value : values) {
      SINK.get().accept(Renderers.render(value));
    }
  }

  /** Sends what is shown from now on to the given receiver, until the returned handle is closed. */
  public static Redirection redirectTo(Consumer<MimeBundle> receiver) {
    Consumer<MimeBundle> before = SINK.getAndSet(receiver);
    return () -> SINK.set(before);
  }

  /** Closing it restores the receiver that was there before. */
  @FunctionalInterface
  public interface Redirection extends AutoCloseable {
    @Override
    void close();
  }
}
