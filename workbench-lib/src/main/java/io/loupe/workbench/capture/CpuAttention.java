package io.loupe.workbench.capture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.tensor.EngineWorkers;
import io.loupe.workbench.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention on the CPU in memory that grows with the length of the text. In float32, blocks of
 * queries meet blocks of keys, and the statistics are summed up between the two products. In
 * float64, each row is computed by the definitions: slow, and what the other is measured by. A
 * model in float64 always gets float64.
 */
public final class CpuAttention implements AttentionBackend {
  /** In float32, named {@code cpu}, in as many threads as there are processors. */
  public static final CpuAttention FLOAT32 = new CpuAttention(false, EngineWorkers.available());

  /** In float64, named {@code cpu-float64}. */
  public static final CpuAttention FLOAT64 = new CpuAttention(true, EngineWorkers.available());

  private final boolean wide;
  private final int threads;

  private CpuAttention(boolean wide, int threads) {
    this.wide = wide;
    this.threads = threads;
  }

  /** Returns this in at most so many threads; the result is the same, bit by bit. */
  public CpuAttention threads(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("At least one thread has to compute; got " + count);
    }
    return new CpuAttention(wide, count);
  }

  @Override
  public String name() {
    return wide ? "cpu-float64" : "cpu";
  }

  @Override
  public LayerAttention attend(AttentionCall call) {
    if (call.q().getDevice().isGpu()) {
      throw new IllegalArgumentException(
          "The back end %s reads tensors on the CPU; these are on %s: load the model on the CPU, or name a back end for that device"
              .formatted(name(), call.q().getDevice()));
    }
    FiniteCheck.of(call);
    AttentionPlan prepared = new AttentionPlan(call);
    List<HeadColumns> results = new ArrayList<>();
    for (int i = 0; i < call.batch() * call.heads(); i++) {
      results.add(HeadColumns.room(call, prepared.reports(i % call.heads())));
    }
    NDArray z =
        wide || call.q().getDataType() == DataType.FLOAT64
            ? inFloat64(prepared, results)
            : inFloat32(prepared, results);
    patterns(prepared, results);
    return new LayerAttention(z, LayerStatistics.of(prepared, results));
  }

  private NDArray inFloat32(AttentionPlan prepared, List<HeadColumns> results) {
    AttentionCall call = prepared.call();
    NDManager manager = call.q().getManager();
    try (NDManager scope = manager.newSubManager()) {
      NDArray q = Tensors.as(DataType.FLOAT32, call.q()).mul(call.rule().scale());
      NDArray k = Tensors.as(DataType.FLOAT32, call.k());
      NDArray v = Tensors.as(DataType.FLOAT32, call.v());
      q.attach(scope);
      Streaming streaming = new Streaming(prepared, q, k, v, results);
      EngineWorkers.run(threads, streaming.tasks(), () -> new StreamingWorker(streaming));
      streaming.join();
      NDArray z = manager.create(streaming.z(), call.q().getShape());
      return Tensors.as(call.q().getDataType(), z);
    }
  }

  private NDArray inFloat64(AttentionPlan prepared, List<HeadColumns> results) {
    AttentionCall call = prepared.call();
    double[] z = new double[Math.toIntExact(call.q().size())];
    double[] q = Tensors.doubles(call.q());
    double[] k = Tensors.doubles(call.k());
    double[] v = Tensors.doubles(call.v());
    int heads = call.heads();
    EngineWorkers.run(
        threads,
        call.batch() * heads,
        () ->
            new EngineWorkers.Worker() {
              @Override
              public void run(int task) {
                int row = task / heads;
                int head = task % heads;
                int shared = head / call.group();
                exact(prepared, row, head, q, k)
                    .run(
                        matrix(v, row, call.keys(), shared, heads / call.group(), call.dHead()),
                        z,
                        prepared.reports(head) ? results.get(task) : null);
              }

              @Override
              public void close() {}
            });
    NDArray wideZ = call.q().getManager().create(z, call.q().getShape());
    return Tensors.as(call.q().getDataType(), wideZ);
  }

  /** Rows of the pattern are few, and computed in float64 whatever else is. */
  private static void patterns(AttentionPlan prepared, List<HeadColumns> results) {
    AttentionCall call = prepared.call();
    double @Nullable [] q = null;
    double @Nullable [] k = null;
    for (int i = 0; i < results.size(); i++) {
      int row = i / call.heads();
      int head = i % call.heads();
      int[] columns = prepared.patternColumns(row, head);
      if (columns.length > 0) {
        q = q == null ? Tensors.doubles(call.q()) : q;
        k = k == null ? Tensors.doubles(call.k()) : k;
        ExactHead exact = exact(prepared, row, head, q, k);
        for (int column : columns) {
          results.get(i).pattern().add(exact.row(column - call.firstColumn()).clone());
        }
      }
    }
  }

  private static ExactHead exact(
      AttentionPlan prepared, int row, int head, double[] q, double[] k) {
    AttentionCall call = prepared.call();
    int heads = call.heads();
    int group = call.group();
    return new ExactHead(
        prepared,
        row,
        head,
        matrix(q, row, call.queries(), head, heads, call.dHead()),
        matrix(k, row, call.keys(), head / group, heads / group, call.dHead()));
  }

  /** Returns one head of one row of [batch, pos, head, d_head] as [pos, d_head]. */
  private static double[] matrix(double[] x, int row, int columns, int head, int heads, int d) {
    double[] matrix = new double[columns * d];
    for (int column = 0; column < columns; column++) {
      System.arraycopy(x, ((row * columns + column) * heads + head) * d, matrix, column * d, d);
    }
    return matrix;
  }
}
