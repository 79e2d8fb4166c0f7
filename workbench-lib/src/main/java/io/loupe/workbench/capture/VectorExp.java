package io.loupe.workbench.capture;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * exp of many differences at once, in loops that the compiler turns into vector instructions; its
 * {@code Math.exp} is called one number at a time. The polynomial is that of Cephes' {@code expf}:
 * relative error below 2e-7. The power of two is put together from its bits in an int array,
 * because the compiler does not vectorise conversions between float and int: they meet in a buffer.
 */
final class VectorExp {
  /** Below this an exponential is 0: it would be lost beside 1 in any sum. */
  static final float LOWEST = -80;

  private static final float ROUNDING = 12582912f; // 1.5 x 2^23: adding it leaves an integer
  private static final float AT_LOWEST = atLowest();

  private final float[] powers;
  private final int[] bits;
  private final FloatBuffer floats;
  private final IntBuffer ints;

  VectorExp(int most) {
    this.powers = new float[most];
    this.bits = new int[most];
    ByteBuffer shared = ByteBuffer.allocateDirect(most * 4).order(ByteOrder.nativeOrder());
    this.floats = shared.asFloatBuffer();
    this.ints = shared.asIntBuffer();
  }

  private static float atLowest() {
    float[] x = new float[1];
    float[] e = {LOWEST};
    new VectorExp(1).apply(e, new float[1], x, 1, 0);
    return e[0];
  }

  /**
   * Turns s into exp(s - m), exactly 0 from 80 below on, and leaves s - m, at least -80, in x.
   *
   * @param s at most m; overwritten
   */
  void apply(float[] s, float[] m, float[] x, int n) {
    apply(s, m, x, n, AT_LOWEST);
  }

  private void apply(float[] s, float[] m, float[] x, int n, float least) {
    reduce(s, m, x, powers, n);
    floats.put(0, powers, 0, n);
    ints.get(0, bits, 0, n);
    exponents(bits, n);
    ints.put(0, bits, 0, n);
    floats.get(0, powers, 0, n);
    scale(s, powers, n, least);
  }

  private static void reduce(float[] s, float[] m, float[] x, float[] rounded, int n) {
    for (int i = 0; i < n; i++) {
      float d = Math.max(s[i] - m[i], LOWEST);
      float r = Math.fma(d, 1.44269504f, ROUNDING);
      float k = r - ROUNDING;
      float f = Math.fma(k, 2.12194440e-4f, Math.fma(k, -0.693359375f, d)); // d - k ln 2
      float y = Math.fma(1.9875691500E-4f, f, 1.3981999507E-3f);
      y = Math.fma(y, f, 8.3334519073E-3f);
      y = Math.fma(y, f, 4.1665795894E-2f);
      y = Math.fma(y, f, 1.6666665459E-1f);
      y = Math.fma(y, f, 5.0000001201E-1f);
      x[i] = d;
      rounded[i] = r;
      s[i] = Math.fma(f * f, y, f) + 1;
    }
  }

  private static void exponents(int[] rounded, int n) {
    for (int i = 0; i < n; i++) {
      rounded[i] = (rounded[i] << 23) + 0x3f800000;
    }
  }

  /** A power of two times a number is exact, so what stands at the lowest becomes exactly 0. */
  private static void scale(float[] e, float[] powers, int n, float least) {
    for (int i = 0; i < n; i++) {
      e[i] = Math.fma(e[i], powers[i], -least);
    }
  }

  /**
   * Turns s into cap tanh(s / cap), by the rational function that Eigen uses: a few units in the
   * last place.
   */
  static void softCap(float[] s, float cap, int n) {
    float inverse = 1 / cap;
    for (int i = 0; i < n; i++) {
      float x = Math.max(-7.9f, Math.min(7.9f, s[i] * inverse));
      float y = x * x;
      float p = Math.fma(-2.76076847742355e-16f, y, 2.00018790482477e-13f);
      p = Math.fma(p, y, -8.60467152213735e-11f);
      p = Math.fma(p, y, 5.12229709037114e-08f);
      p = Math.fma(p, y, 1.48572235717979e-05f);
      p = Math.fma(p, y, 6.37261928875436e-04f);
      p = Math.fma(p, y, 4.89352455891786e-03f);
      float q = Math.fma(1.19825839466702e-06f, y, 1.18534705686654e-04f);
      q = Math.fma(q, y, 2.26843463243900e-03f);
      q = Math.fma(q, y, 4.89352518554385e-03f);
      s[i] = cap * (x * p / q);
    }
  }
}
