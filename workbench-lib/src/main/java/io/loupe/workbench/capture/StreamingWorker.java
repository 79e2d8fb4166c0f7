package io.loupe.workbench.capture;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.tensor.EngineWorkers;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * One thread's share of a call in float32: the loop of FlashAttention (Dao et al. 2022) over tiles
 * of keys, with the engine's products and the statistics between them. All that it holds is as
 * large as a tile.
 */
final class StreamingWorker implements EngineWorkers.Worker {
  private static final int ALIGNMENT = 64; // of the engine's own memory: same bits in every run

  private final Streaming streaming;
  private final AttentionCall call;
  private final NDManager manager = Engines.newManager(Device.cpu());
  private final Tile tile = new Tile();
  private final VectorExp exp = new VectorExp(Tile.QUERIES);
  private final TileMask mask;
  private final ByteBuffer weights; // the tile's exponentials, where the engine reads them
  private final FloatBuffer weightValues;
  private final float[][] z; // [d][query]
  private final float[] row = new float[Tile.QUERIES];
  private final Received received = new Received();

  StreamingWorker(Streaming streaming) {
    this.streaming = streaming;
    this.call = streaming.prepared().call();
    this.mask = new TileMask(call.rule());
    this.weights =
        ByteBuffer.allocateDirect(Tile.KEYS * Tile.QUERIES * 4 + ALIGNMENT)
            .alignedSlice(ALIGNMENT)
            .order(ByteOrder.nativeOrder());
    this.weightValues = weights.asFloatBuffer();
    this.z = new float[call.dHead()][Tile.QUERIES];
  }

  /** Computes every so many-th block of queries of one head. */
  @Override
  public void run(int number) {
    Streaming.Task task = streaming.task(number);
    AttentionPlan prepared = streaming.prepared();
    StreamedBlock block = new StreamedBlock(prepared, task.row(), prepared.reports(task.head()));
    HeadEdits edits = prepared.edits(task.row(), task.head());
    mask.begin(prepared.layout(task.row()), edits, task.head());
    try (NDManager scope = manager.newSubManager()) {
      Operands operands = streaming.operands(task, scope);
      int blocks = Streaming.blocks(call);
      for (int b = task.stripe(); b < blocks; b += streaming.stripes()) {
        int first = b * Tile.QUERIES;
        int count = Math.min(Tile.QUERIES, call.queries() - first);
        compute(task, block, operands, first, count, (float) edits.gate());
      }
    }
  }

  private void compute(
      Streaming.Task task,
      StreamedBlock block,
      Operands operands,
      int first,
      int count,
      float gate) {
    tile.begin(call.firstColumn() + first, count, streaming.prepared().layout(task.row()));
    block.begin();
    for (float[] ofDimension : z) {
      Arrays.fill(ofDimension, 0);
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray queries = slice(operands.q(), first, count, scope).transpose(); // [d, query]
      queries.attach(scope);
      TileMask.KeyRange range = mask.range(tile, call.keys());
      for (int key = range.from(); key < range.to(); key += Tile.KEYS) {
        tile.firstKey = key;
        tile.keys = Math.min(Tile.KEYS, range.to() - key);
        scores(operands, queries);
        accumulate(block, operands);
      }
      HeadColumns result = streaming.result(task);
      if (result != null) {
        block.finish(tile, first, result);
      }
      write(task, first, gate);
      if (result != null && call.request().received()) {
        received.begin(tile);
        for (int key = range.from(); key < range.to(); key += Tile.KEYS) {
          tile.firstKey = key;
          tile.keys = Math.min(Tile.KEYS, range.to() - key);
          scores(operands, queries);
          received.add(tile, exp, streaming.received(task));
        }
      }
    }
  }

  /** Fills the tile with scores, edited and masked. */
  private void scores(Operands operands, NDArray queries) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray keys = slice(operands.k(), tile.firstKey, tile.keys, scope); // [key, d]
      keys.attach(scope);
      NDArray products = keys.matMul(queries); // [key, query]
      FloatBuffer values = Tensors.memory(products);
      for (int key = 0; key < tile.keys; key++) {
        values.get(key * tile.queries, tile.scores[key], 0, tile.queries);
      }
      Reference.reachabilityFence(products);
    }
    mask.apply(tile);
  }

  private void accumulate(StreamedBlock block, Operands operands) {
    block.scores(tile);
    tile.maxima(block.wantsMaxKey(), exp);
    for (int key = 0; key < tile.keys; key++) {
      float[] e = tile.scores[key];
      exp.apply(e, tile.max, tile.x, tile.queries);
      weightValues.put(key * tile.queries, e, 0, tile.queries);
      tile.add(e);
      block.add(tile.firstKey + key, e, tile);
    }
    block.fold(tile);
    tile.fold();
    mix(operands);
  }

  /** z decays by what the maxima grew, and gets the tile's values. */
  private void mix(Operands operands) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray e =
          scope.create(
              weights.limit(4 * tile.keys * tile.queries),
              new Shape(tile.keys, tile.queries),
              DataType.FLOAT32);
      NDArray values = slice(operands.v(), tile.firstKey, tile.keys, scope).transpose();
      values.attach(scope); // [d, key]
      NDArray mixed = values.matMul(e); // [d, query]
      FloatBuffer memory = Tensors.memory(mixed);
      for (int d = 0; d < z.length; d++) {
        memory.get(d * tile.queries, row, 0, tile.queries);
        decay(z[d], tile.decay, row, tile.queries);
      }
      Reference.reachabilityFence(mixed);
    }
  }

  private static void decay(float[] sums, float[] decay, float[] more, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] = Math.fma(sums[i], decay[i], more[i]);
    }
  }

  private void write(Streaming.Task task, int first, float gate) {
    for (int i = 0; i < tile.queries; i++) {
      float factor = tile.sum[i] == 0 ? 0 : gate / tile.sum[i];
      int at = streaming.offset(task, first + i);
      for (int d = 0; d < z.length; d++) {
        streaming.z()[at + d] = z[d][i] * factor;
      }
    }
  }

  private static NDArray slice(NDArray x, int from, int count, NDManager scope) {
    NDArray rows = x.get(new NDIndex().addSliceDim(from, from + count));
    rows.attach(scope);
    return rows;
  }

  @Override
  public void close() {
    manager.close();
  }

  /**
   * One head's matrices.
   *
   * @param q [query, d_head], scaled
   * @param k [key, d_head]
   * @param v [key, d_head]
   */
  record Operands(NDArray q, NDArray k, NDArray v) {}
}
