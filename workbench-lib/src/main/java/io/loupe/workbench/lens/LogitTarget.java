package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.tensor.Tensors;
import java.util.OptionalLong;

/**
 * The logit, or difference of two, that is attributed.
 *
 * @param answer a token
 * @param wrong the token whose logit is taken off; empty for none
 */
record LogitTarget(long answer, OptionalLong wrong) {

  void check(int vocab) {
    for (long token : new long[] {answer, wrong.orElse(answer)}) {
      if (token < 0 || token >= vocab) {
        throw new IllegalArgumentException(
            "There is no token " + token + "; the vocabulary has 0 to " + (vocab - 1));
      }
    }
  }

  /** Returns the answer's entry of [vocab], minus the wrong answer's. */
  double of(double[] values) {
    return values[(int) answer] - (wrong.isPresent() ? values[(int) wrong.getAsLong()] : 0);
  }

  /** Returns the answer's row of [vocab, width], minus the wrong answer's. */
  double[] ofRows(NDArray matrix) {
    double[] row = row(matrix, answer);
    if (wrong.isPresent()) {
      double[] other = row(matrix, wrong.getAsLong());
      for (int i = 0; i < row.length; i++) {
        row[i] -= other[i];
      }
    }
    return row;
  }

  private static double[] row(NDArray matrix, long token) {
    try (NDArray row = matrix.get(token)) {
      return Tensors.doubles(row);
    }
  }
}
