package io.loupe.circuits.atlas;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.capture.AttentionStatistics;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;

/** What heads write, from their streamed outputs z. */
final class Written {
  private Written() {}

  /** Returns a head's mixed values at a row's own tokens, [position][d_head]. */
  static double[][] z(AttentionStatistics statistics, Tokens tokens, Head head, int row) {
    try (NDArray z =
        statistics
            .output(head.layer())
            .get(new NDIndex().addIndices(row).addAllDim().addIndices(head.index()))) {
      double[][] all = Tensors.matrix(z);
      int[] columns = tokens.columns(row);
      double[][] own = new double[columns.length][];
      for (int i = 0; i < own.length; i++) {
        own[i] = all[columns[i]];
      }
      return own;
    }
  }

  /** Returns the squared length of what a head writes of z. */
  static double squaredLength(double[] z, double[][] gram) {
    double sum = 0;
    for (int i = 0; i < z.length; i++) {
      for (int j = 0; j < z.length; j++) {
        sum += z[i] * gram[i][j] * z[j];
      }
    }
    return Math.max(0, sum);
  }

  /** Returns the product of z with each column, [column]. */
  static double[] logits(double[] z, double[][] written) {
    double[] logits = new double[written[0].length];
    for (int i = 0; i < z.length; i++) {
      for (int token = 0; token < logits.length; token++) {
        logits[token] += z[i] * written[i][token];
      }
    }
    return logits;
  }
}
