package io.loupe.kernels.attention;

import io.loupe.workbench.capture.AttentionCall;

/** The sizes of one layer's attention. */
record Sizes(NumberFormat format, int batch, int heads, int group, int queries, int keys, int d) {
  static Sizes of(AttentionCall call) {
    return new Sizes(
        NumberFormat.of(call.q().getDataType()),
        call.batch(),
        call.heads(),
        call.group(),
        call.queries(),
        call.keys(),
        call.dHead());
  }

  /** Returns how many numbers the queries have. */
  long ofQueries() {
    return (long) batch * queries * heads * d;
  }

  /** Returns how many numbers the keys have. */
  long ofKeys() {
    return (long) batch * keys * (heads / group) * d;
  }

  /** Returns how many rows of attention there are. */
  long rows() {
    return (long) batch * heads * queries;
  }
}
