package io.loupe.kernels.attention;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a launch is told: the struct Params of params.cuh, field by field at its offset. */
final class LaunchParams {
  /** The size of the struct. */
  static final int BYTES = 184;

  /** Addresses on the device; 0 is none. */
  enum Address {
    Q,
    K,
    V,
    Z,
    ROWS,
    POSITIONS,
    TOKENS,
    SETS,
    SLOPES,
    EDITS,
    FACTORS,
    QUERY_RULES,
    KEY_RULES,
    TARGETS,
    OUT,
    OUT2;

    int offset() {
      return Long.BYTES * ordinal();
    }
  }

  /** Whole numbers. */
  enum Count {
    BATCH,
    HEADS,
    GROUP,
    QUERIES,
    KEYS,
    D,
    CAUSAL,
    WINDOW,
    WITHIN,
    SET_COUNT,
    TARGET_COUNT,
    TOP;

    int offset() {
      return Long.BYTES * Address.values().length + Integer.BYTES * ordinal();
    }
  }

  /** Numbers. */
  enum Real {
    SCALE,
    CAP;

    int offset() {
      return Long.BYTES * Address.values().length
          + Integer.BYTES * Count.values().length
          + Float.BYTES * ordinal();
    }
  }

  private final ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.nativeOrder());

  LaunchParams with(Address field, long address) {
    bytes.putLong(field.offset(), address);
    return this;
  }

  LaunchParams with(Count field, int value) {
    bytes.putInt(field.offset(), value);
    return this;
  }

  LaunchParams with(Real field, double value) {
    bytes.putFloat(field.offset(), (float) value);
    return this;
  }

  long address(Address field) {
    return bytes.getLong(field.offset());
  }

  /** Returns a copy to be changed further. */
  LaunchParams copy() {
    LaunchParams copy = new LaunchParams();
    copy.bytes.duplicate().put(bytes.duplicate());
    return copy;
  }

  /** Returns the struct. */
  ByteBuffer bytes() {
    return bytes;
  }
}
