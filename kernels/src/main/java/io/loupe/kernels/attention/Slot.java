package io.loupe.kernels.attention;

/** The rows that the kernels write, [batch, head, query] each, by number: as in params.cuh. */
final class Slot {
  static final int LOG_SUM_EXP = 0;
  static final int ENTROPY = 1;
  static final int SQUARES = 2;
  static final int LARGEST = 3;
  static final int LARGEST_KEY = 4; // a column, as the bits of an int; -1 for none
  static final int DISTANCE = 5;
  static final int WITHIN = 6;
  static final int DUPLICATE = 7;
  static final int SETS = 8;
  static final int TARGETS = 12;

  private Slot() {}
}
