package io.loupe.workbench.laboratory;

import java.util.Arrays;

/** What the compiled models compute, written as plain loops. */
final class CompiledFunctions {
  private CompiledFunctions() {}

  /**
   * At each position what followed the last earlier occurrence of its letter, else the first id.
   */
  static int[] induction(int[] ids, int letters) {
    int[] said = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      said[i] = ids[0];
      for (int j = 1; j <= i; j++) {
        if (ids[i] < letters && ids[j - 1] == ids[i]) {
          said[i] = ids[j];
        }
      }
    }
    return said;
  }

  /** Numbers 0 to below {@code numbers}; anything else counts as 0. */
  static int[] previousTokenSum(int[] ids, int numbers) {
    int[] said = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int before = ids[Math.max(0, i - 1)];
      int sum = (ids[i] < numbers ? ids[i] : 0) + (before < numbers ? before : 0);
      said[i] = Math.min(sum, numbers - 1);
    }
    return said;
  }

  /** Nothing before the last unsorted digit; from there on the unsorted digits in order. */
  static int[] sorting(int[] ids, int length) {
    int[] said = new int[ids.length];
    Arrays.fill(said, -1);
    if (ids.length >= length) {
      int[] sorted = Arrays.copyOf(ids, length);
      Arrays.sort(sorted);
      System.arraycopy(sorted, 0, said, length - 1, ids.length - length + 1);
    }
    return said;
  }

  /** At a key what followed it when it last stood before; elsewhere the first id. */
  static int[] keyValue(int[] ids, int keys) {
    return induction(ids, keys);
  }
}
