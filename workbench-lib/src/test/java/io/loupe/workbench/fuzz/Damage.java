package io.loupe.workbench.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** Ways to damage bytes, whatever they mean. */
final class Damage {
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    65535,
    65536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffffffffL,
    1L << 32,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    100_000_000,
    1L << 26
  };

  private Damage() {}

  /** Damages one place, sometimes a few, among the first {@code reach} bytes. */
  static byte[] bytes(byte[] sound, int reach, Random random) {
    byte[] bytes = sound.clone();
    for (int i = places(random); i > 0 && bytes.length > 0; i--) {
      bytes = one(bytes, Math.min(reach, bytes.length), random);
    }
    return bytes;
  }

  static int places(Random random) {
    return random.nextInt(4) == 0 ? 2 + random.nextInt(3) : 1;
  }

  private static byte[] one(byte[] bytes, int reach, Random random) {
    int at = random.nextInt(reach);
    int length = 1 + random.nextInt(1 + Math.min(bytes.length - at - 1, random.nextInt(64)));
    switch (random.nextInt(10)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes[at] = (byte) ('0' + random.nextInt(10));
      case 3 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 4 -> {
        return Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(20));
      }
      case 5 -> {
        return joined(Arrays.copyOf(bytes, at + length), tail(bytes, at));
      }
      case 6 -> {
        return joined(Arrays.copyOf(bytes, at), tail(bytes, at + length));
      }
      case 7 -> {
        int from = random.nextInt(bytes.length - length + 1);
        System.arraycopy(bytes.clone(), from, bytes, at, length);
      }
      case 8 -> {
        long number = NUMBERS[random.nextInt(NUMBERS.length)];
        byte[] digits = Long.toString(number).getBytes(StandardCharsets.US_ASCII);
        return joined(joined(Arrays.copyOf(bytes, at), digits), tail(bytes, at + 1));
      }
      default -> {
        ByteBuffer number =
            ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(NUMBERS[random.nextInt(NUMBERS.length)]);
        int width = Math.min(1 << random.nextInt(4), bytes.length - at);
        System.arraycopy(number.array(), 0, bytes, at, width);
      }
    }
    return bytes;
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }

  static byte[] joined(byte[] first, byte[] second) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(first);
    out.writeBytes(second);
    return out.toByteArray();
  }
}
