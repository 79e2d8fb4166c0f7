package io.loupe.workbench.capture;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call cut into tasks: stripes of the blocks of queries of each head of each row. The stripes are
 * the same for any number of threads, and so is the order in which their sums are added.
 */
final class Streaming {
  private static final int STRIPES = 8;

  private final AttentionPlan prepared;
  private final NDArray q; // [batch, head, query, d_head]
  private final NDArray k; // [batch, kv_head, key, d_head]
  private final NDArray v;
  private final float[] z; // [batch, query, head, d_head]
  private final int stripes;
  private final List<HeadColumns> results;
  private final List<double[]> received = new ArrayList<>(); // [task] of [key]

  /**
   * Prepares.
   *
   * @param q scaled, [batch, query, head, d_head]
   */
  Streaming(AttentionPlan prepared, NDArray q, NDArray k, NDArray v, List<HeadColumns> results) {
    AttentionCall call = prepared.call();
    this.prepared = prepared;
    this.q = q.transpose(0, 2, 1, 3);
    this.k = k.transpose(0, 2, 1, 3);
    this.v = v.transpose(0, 2, 1, 3);
    this.z = new float[Math.toIntExact(q.size())];
    this.stripes = Math.min(STRIPES, blocks(call));
    this.results = results;
    for (int task = 0; task < tasks(); task++) {
      boolean wanted = call.request().received() && prepared.reports(task(task).head());
      received.add(new double[wanted ? call.keys() : 0]);
    }
  }

  /** A stripe of a head of a row of the batch. */
  record Task(int row, int head, int stripe) {}

  static int blocks(AttentionCall call) {
    return (call.queries() + Tile.QUERIES - 1) / Tile.QUERIES;
  }

  AttentionPlan prepared() {
    return prepared;
  }

  int stripes() {
    return stripes;
  }

  int tasks() {
    return prepared.call().batch() * prepared.call().heads() * stripes;
  }

  Task task(int number) {
    int heads = prepared.call().heads();
    return new Task(number / stripes / heads, number / stripes % heads, number % stripes);
  }

  StreamingWorker.Operands operands(Task task, NDManager scope) {
    int shared = task.head() / prepared.call().group();
    return new StreamingWorker.Operands(
        matrix(q, task.row(), task.head(), scope),
        matrix(k, task.row(), shared, scope),
        matrix(v, task.row(), shared, scope));
  }

  private static NDArray matrix(NDArray x, int row, int head, NDManager scope) {
    NDArray matrix = x.get(row, head);
    matrix.attach(scope);
    return matrix;
  }

  /** Returns where a head's numbers go; null if nobody asked for them. */
  @Nullable HeadColumns result(Task task) {
    return prepared.reports(task.head())
        ? results.get(task.row() * prepared.call().heads() + task.head())
        : null;
  }

  double[] received(Task task) {
    return received.get(
        (task.row() * prepared.call().heads() + task.head()) * stripes + task.stripe());
  }

  float[] z() {
    return z;
  }

  /** Returns where a query's output begins. */
  int offset(Task task, int query) {
    AttentionCall call = prepared.call();
    return ((task.row() * call.queries() + query) * call.heads() + task.head()) * call.dHead();
  }

  /** Adds the stripes' sums, in their order. */
  void join() {
    for (int task = 0; task < tasks(); task++) {
      HeadColumns result = result(task(task));
      double[] part = received.get(task);
      for (int key = 0; result != null && key < part.length; key++) {
        result.received()[key] += part[key];
      }
    }
  }
}
