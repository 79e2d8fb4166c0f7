package io.loupe.workbench.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The printable characters by which byte-level BPE writes bytes in its vocabulary, as defined by
 * GPT-2: printable bytes of Latin-1 stand for themselves, the other 68 are the characters from
 * U+0100 on (so a space is Ġ).
 */
final class ByteAlphabet {
  private static final char[] CHAR_OF_BYTE = new char[256];
  private static final int[] BYTE_OF_CHAR = new int[256 + 68];

  static {
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      CHAR_OF_BYTE[b] = (char) (printable ? b : next++);
    }
    Arrays.fill(BYTE_OF_CHAR, -1);
    for (int b = 0; b < 256; b++) {
      BYTE_OF_CHAR[CHAR_OF_BYTE[b]] = b;
    }
  }

  private ByteAlphabet() {}

  /** Returns the character that stands for a byte (0 to 255). */
  static char character(int value) {
    return CHAR_OF_BYTE[value];
  }

  /**
   * Returns the text that a vocabulary entry stands for; bytes that are no whole characters as
   * {@code <0xE2>}. Null if the entry is not written in this alphabet.
   */
  static @Nullable String text(String entry) {
    byte[] bytes = new byte[entry.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = entry.charAt(i);
      int value = c < BYTE_OF_CHAR.length ? BYTE_OF_CHAR[c] : -1;
      if (value < 0) {
        return null;
      }
      bytes[i] = (byte) value;
    }
    return text(bytes);
  }

  private static String text(byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    StringBuilder text = new StringBuilder();
    CharBuffer out = CharBuffer.allocate(bytes.length);
    while (in.hasRemaining()) {
      CoderResult result = decoder.decode(in, out, true);
      text.append(out.flip());
      out.clear();
      for (int i = 0; result.isError() && i < result.length(); i++) {
        text.append("<0x%02X>".formatted(in.get()));
      }
      decoder.reset();
    }
    return text.toString();
  }
}
