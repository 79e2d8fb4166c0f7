package io.loupe.datasets.task;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/** Hashes that are the same on every machine and in every release. */
final class Mixing {
  private Mixing() {}

  /** FNV-1a over the UTF-8 bytes, then {@link #mix}, since FNV leaves similar texts similar. */
  static long hash(String text) {
    return hash(text.getBytes(StandardCharsets.UTF_8));
  }

  static long hash(BigInteger number) {
    return hash(number.toByteArray());
  }

  private static long hash(byte[] bytes) {
    long hash = 0xcbf29ce484222325L;
    for (byte value : bytes) {
      hash = (hash ^ (value & 0xff)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /** The finaliser of SplitMix64 (Steele et al. 2014): every bit depends on every bit. */
  static long mix(long bits) {
    long z = bits + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
