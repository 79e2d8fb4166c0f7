package io.loupe.notebooks.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Standard input of cells: each line is asked for in the front end when it is read. */
final class FrontEndInput extends InputStream {
  private volatile @Nullable CellTraffic traffic;
  private byte[] line = new byte[0];
  private int next;

  /** Sends questions from now on with the given cell; with null, reading fails. */
  void attach(@Nullable CellTraffic cell) {
    traffic = cell;
  }

  @Override
  public synchronized int read() throws IOException {
    if (next == line.length) {
      line = (ask() + "\n").getBytes(StandardCharsets.UTF_8);
      next = 0;
    }
    return line[next++] & 0xff;
  }

  @Override
  public synchronized int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    into[offset] = (byte) read();
    int more = Math.min(length - 1, available());
    System.arraycopy(line, next, into, offset + 1, more);
    next += more;
    return 1 + more;
  }

  @Override
  public synchronized int available() {
    return line.length - next;
  }

  private String ask() throws IOException {
    CellTraffic cell = traffic;
    if (cell == null) {
      throw new IOException(
          "Expected a front end that takes input for this cell; this one does not (nbconvert never"
              + " does): set the value in the cell instead");
    }
    CompletableFuture<String> answer = new CompletableFuture<>();
    cell.put(new CellTraffic.Asked(answer));
    try {
      return answer.get();
    } catch (InterruptedException e) {
      answer.cancel(false);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for input");
    } catch (ExecutionException e) {
      throw new IOException("no input came", e);
    }
  }
}
