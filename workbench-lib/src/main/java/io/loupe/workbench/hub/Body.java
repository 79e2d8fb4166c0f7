package io.loupe.workbench.hub;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, piece by piece. Unlike the JDK's stream it does not wait for ever on a
 * server that has gone silent.
 */
final class Body implements BodySubscriber<Body>, AutoCloseable {
  private static final int AHEAD = 16;

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final Queue<ByteBuffer> pieces = new ArrayDeque<>();
  private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

  /** Pieces; or the end, with a problem or without one. */
  private record Event(List<ByteBuffer> pieces, boolean end, @Nullable Throwable problem) {}

  /**
   * Returns the next piece, or null at the end.
   *
   * @param stall how long to wait for it
   * @throws HttpTimeoutException if it did not come in that time
   * @throws IOException if the connection broke
   */
  @Nullable ByteBuffer next(Duration stall) throws IOException, InterruptedException {
    while (pieces.isEmpty()) {
      Event event = events.poll(stall.toNanos(), TimeUnit.NANOSECONDS);
      if (event == null) {
        throw new HttpTimeoutException("no byte came for " + seconds(stall));
      }
      if (event.end()) {
        events.add(event); // it stays the end
        if (event.problem() != null) {
          throw new IOException("the connection broke: " + event.problem(), event.problem());
        }
        return null;
      }
      subscription.join().request(1);
      event.pieces().stream().filter(ByteBuffer::hasRemaining).forEach(pieces::add);
    }
    return pieces.remove();
  }

  private static String seconds(Duration time) {
    return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
  }

  /** Ends the connection if there is more to come. */
  @Override
  public void close() {
    subscription.thenAccept(Flow.Subscription::cancel);
  }

  @Override
  public CompletionStage<Body> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription.complete(given);
    given.request(AHEAD);
  }

  @Override
  public void onNext(List<ByteBuffer> more) {
    events.add(new Event(more, false, null));
  }

  @Override
  public void onError(Throwable problem) {
    events.add(new Event(List.of(), true, problem));
  }

  @Override
  public void onComplete() {
    events.add(new Event(List.of(), true, null));
  }
}
