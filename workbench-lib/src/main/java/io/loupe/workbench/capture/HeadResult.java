package io.loupe.workbench.capture;

import java.util.ArrayList;
import java.util.List;

/** One head's numbers in one row of the batch, by columns; filled by whoever computes them. */
final class HeadResult {
  final double[][] values; // [statistic][query]
  final int[][] topKeys; // [query][rank], columns; -1 for none
  final double[][] topProbabilities;
  final boolean[] empty; // [query] whether an edit left it no key
  final double[] received; // [key]
  final List<double[]> pattern = new ArrayList<>(); // [chosen query][key]

  /** Makes room; none but for rows of the pattern if the head is not reported on. */
  HeadResult(AttentionCall call, boolean reported) {
    AttentionRequest request = call.request();
    this.values = new double[reported ? request.statistics().size() : 0][call.queries()];
    int top = request.topKeys() == 0 || !reported ? 0 : call.queries();
    this.topKeys = new int[top][request.topKeys()];
    this.topProbabilities = new double[top][request.topKeys()];
    this.empty = new boolean[reported ? call.queries() : 0];
    this.received = new double[request.received() && reported ? call.keys() : 0];
  }
}
