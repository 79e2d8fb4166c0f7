package io.loupe.workbench.tensorfile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/**
 * Conversion between float32 and the two 16-bit formats. Java 17 has none of its own ({@code
 * Float.float16ToFloat} came with 20).
 */
public final class HalfFloats {
  /** Elements converted at once: what is between them stays in the cache. */
  private static final int BLOCK = 1 << 15;

  private static final float TWO_TO_112 = 0x1p112f;

  /** A thread's own: fresh arrays for every block would be cleared, and make the heap grow. */
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private HalfFloats() {}

  private static final class Scratch {
    final short[] in = new short[BLOCK];
    final float[] out = new float[BLOCK];
  }

  /**
   * Widens every element, exactly.
   *
   * @param source little-endian 16-bit elements, from index 0 to the limit; not changed
   * @param type {@link StoredType#F16} or {@link StoredType#BF16}
   * @param target receives as many elements from index 0
   */
  static void widen(ByteBuffer source, StoredType type, FloatBuffer target) {
    ShortBuffer halves = source.duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
    Scratch scratch = SCRATCH.get();
    for (int from = 0; from < halves.limit(); from += BLOCK) {
      int count = Math.min(BLOCK, halves.limit() - from);
      halves.get(from, scratch.in, 0, count);
      if (type == StoredType.BF16) {
        widenBfloat16(scratch.in, scratch.out, count);
      } else {
        widenFloat16(scratch.in, scratch.out, count);
      }
      target.put(from, scratch.out, 0, count);
    }
  }

  private static void widenBfloat16(short[] in, float[] out, int count) {
    for (int i = 0; i < count; i++) {
      out[i] = Float.intBitsToFloat(in[i] << 16);
    }
  }

  private static void widenFloat16(short[] in, float[] out, int count) {
    float[] table = Table.FLOAT16;
    for (int i = 0; i < count; i++) {
      out[i] = table[in[i] & 0xffff];
    }
  }

  /**
   * Widens one float16. Shifted into place, its exponent is 112 too small: one multiplication puts
   * that right, subnormal numbers included, without a branch; infinities and NaNs (exponent 31, now
   * read as 143) get the exponent 255 and keep their payload.
   */
  public static float toFloat(short half) {
    int magnitude = (half & 0x7fff) << 13;
    int bits = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) * TWO_TO_112);
    int special = ((0x0f7fffff - magnitude) >> 31) & 0x7f800000;
    return Float.intBitsToFloat(bits | special | ((half & 0x8000) << 16));
  }

  /**
   * Narrows one float32 to float16, to the nearest, ties to even; numbers beyond 65504 become
   * infinite, as in IEEE 754; a NaN stays one.
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff));
    }
    if (magnitude < 0x38800000) {
      // below 2^-14 the result counts units of 2^-24; adding 0.5 lets the float unit round to them
      int units = Float.floatToRawIntBits(Math.abs(value) + 0.5f) - Float.floatToRawIntBits(0.5f);
      return (short) (sign | units);
    }
    int rounded = (magnitude - (112 << 23) + 0xfff + ((magnitude >>> 13) & 1)) >> 13;
    return (short) (sign | Math.min(rounded, 0x7c00));
  }

  /** What every float16 is as a float32: looked up four times as fast as it is computed. */
  private static final class Table {
    static final float[] FLOAT16 = new float[1 << 16];

    static {
      for (int bits = 0; bits < FLOAT16.length; bits++) {
        FLOAT16[bits] = toFloat((short) bits);
      }
    }
  }
}
