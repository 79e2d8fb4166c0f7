package io.loupe.notebooks.eval;

import io.loupe.workbench.display.Display;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Sends standard output, standard error and what is displayed to a listener, until closed. */
final class CellOutput implements AutoCloseable {
  private final PrintStream outBefore = System.out;
  private final PrintStream errBefore = System.err;
  private final Display.Redirection display;

  CellOutput(CellListener listener) {
    display = Display.redirectTo(listener::display);
    System.setOut(stream(listener::stdout));
    System.setErr(stream(listener::stderr));
  }

  private static PrintStream stream(Consumer<String> receiver) {
    return new PrintStream(new TextStream(receiver), true, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    System.out.flush();
    System.err.flush();
    System.setOut(outBefore);
    System.setErr(errBefore);
    display.close();
  }

  /** Hands bytes on as text as they come; a character cut in two waits for its other half. */
  private static final class TextStream extends OutputStream {
    private final Consumer<String> receiver;
    private final CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] undecoded = new byte[0];

    TextStream(Consumer<String> receiver) {
      this.receiver = receiver;
    }

    @Override
    public void write(int value) {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      ByteBuffer in = ByteBuffer.allocate(undecoded.length + length);
      in.put(undecoded).put(bytes, offset, length).flip();
      CharBuffer out = CharBuffer.allocate(in.remaining());
      decoder.decode(in, out, false);
      undecoded = new byte[in.remaining()];
      in.get(undecoded);
      String text = out.flip().toString();
      if (!text.isEmpty()) {
        receiver.accept(text);
      }
    }
  }
}
