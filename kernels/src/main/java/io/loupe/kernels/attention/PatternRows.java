package io.loupe.kernels.attention;

import io.loupe.kernels.attention.LaunchParams.Address;
import io.loupe.kernels.attention.LaunchParams.Count;
import io.loupe.kernels.driver.DeviceMemory;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionPlan;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Whole rows of the pattern, some at a time. */
final class PatternRows {
  private static final long BYTES_AT_ONCE = 256L << 20;
  private static final int MOST = 65_535; // of a grid

  private final AttentionKernels kernels;
  private final AttentionPlan plan;
  private final Sizes sizes;

  PatternRows(AttentionKernels kernels, AttentionPlan plan, Sizes sizes) {
    this.kernels = kernels;
    this.plan = plan;
    this.sizes = sizes;
  }

  /** One row: which head of which prompt it belongs to, and which query's it is. */
  private record Line(int result, int query) {}

  /** Computes what the request asks for; the rows' log-sum-exp must be there. */
  void read(DeviceScope scope, LaunchParams params, ResultReader reader) {
    List<Line> lines = lines();
    int atOnce = (int) Math.max(1, Math.min(MOST, BYTES_AT_ONCE / Float.BYTES / sizes.keys()));
    for (int from = 0; from < lines.size(); from += atOnce) {
      List<Line> some = lines.subList(from, Math.min(lines.size(), from + atOnce));
      ByteBuffer rows = CallArrays.buffer((long) Integer.BYTES * some.size());
      for (Line line : some) {
        rows.putInt(Math.toIntExact((long) line.result * sizes.queries() + line.query));
      }
      DeviceMemory out = scope.allocate((long) some.size() * sizes.keys() * Float.BYTES);
      kernels.line(
          sizes,
          some.size(),
          params
              .copy()
              .with(Address.TARGETS, scope.upload(rows.flip()))
              .with(Count.TARGET_COUNT, some.size())
              .with(Address.OUT, out.address()));
      reader.pattern(out, some.stream().map(Line::result).toList());
      out.close();
    }
  }

  private List<Line> lines() {
    AttentionCall call = plan.call();
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < call.batch() * call.heads(); i++) {
      for (int column : plan.patternColumns(i / call.heads(), i % call.heads())) {
        lines.add(new Line(i, column - call.firstColumn()));
      }
    }
    return lines;
  }
}
