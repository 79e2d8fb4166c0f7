package io.loupe.circuits.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.tensor.NativeMemory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** How a model's parts speak to the stream: what all runs of circuits of it share. */
public final class Parts {
  private final ModelConfig config;
  private final Wiring wiring;

  /** Uses the steps between a stream and the parts. */
  public Parts(ModelConfig config, Wiring wiring) {
    this.config = config;
    this.wiring = wiring;
  }

  public ModelConfig config() {
    return config;
  }

  public Wiring wiring() {
    return wiring;
  }

  /** Tells whether a norm behind the attention divides what the heads write. */
  public boolean divided() {
    return config.block().norms().hasBehind();
  }

  /** Returns what a run must keep for {@link NodeOutputs}. */
  public static Set<HookPoint> outputs(ModelConfig config) {
    Set<HookPoint> points = new HashSet<>(Set.of(Sites.RESID_PRE.at(0)));
    for (int layer = 0; layer < config.layers(); layer++) {
      points.add(Sites.Z.at(layer));
      if (config.hasMlps()) {
        points.add(Sites.MLP_OUT.at(layer));
      }
      if (config.block().norms().hasBehind()) {
        points.add(Sites.LN1_POST_SCALE.at(layer));
      }
    }
    return points;
  }

  /** Returns the streams that inputs read. */
  public static Set<HookPoint> streams(ModelConfig config) {
    Set<HookPoint> points = new HashSet<>();
    for (int place = 0; place <= 2 * config.layers(); place++) {
      if (place % 2 == 0 || config.has(Sites.RESID_MID)) {
        points.add(stream(config, place));
      }
    }
    return points;
  }

  /** Returns where a run's stream at a place is; see {@code Node.writesBefore}. */
  public static HookPoint stream(ModelConfig config, int place) {
    int layer = place / 2;
    if (place == 2 * config.layers()) {
      return Sites.RESID_POST.at(layer - 1);
    }
    return place % 2 == 0 ? Sites.RESID_PRE.at(layer) : Sites.RESID_MID.at(layer);
  }

  /**
   * Returns what some heads of a layer write.
   *
   * @param values the heads' mixed values, divided where a norm stands behind, [rows, pos, head,
   *     d_head]
   * @return [head, rows * pos, d_model]
   */
  public NDArray written(int layer, int[] heads, NDArray values, NDManager scope) {
    NDArray weights = wiring.headOutputs(layer, scope); // [head, d_head, d_model]
    long tokens = values.getShape().get(0) * values.getShape().get(1);
    NDArray byHead = values.reshape(tokens, config.heads(), config.dHead()).transpose(1, 0, 2);
    byHead.attach(scope);
    if (heads.length < config.heads()) {
      long[] picked = Arrays.stream(heads).asLongStream().toArray();
      byHead = byHead.get(scope.create(picked));
      weights = weights.get(scope.create(picked));
    }
    NDArray written = byHead.matMul(weights);
    written.attach(scope);
    return written;
  }

  /** Returns what all heads of a layer write together, [rows, pos, d_model]. */
  NDArray writtenTogether(int layer, NDArray values, NDManager scope) {
    NDArray weights = wiring.headOutputs(layer, scope);
    long width = (long) config.heads() * config.dHead();
    NDArray flat = values.reshape(values.getShape().get(0), values.getShape().get(1), width);
    flat.attach(scope);
    NDArray written = flat.matMul(weights.reshape(width, config.dModel()));
    written.attach(scope);
    return written;
  }

  /** Returns a second handle that belongs to the scope. */
  public static NDArray handle(NDArray array, NDManager scope) {
    NDArray handle = NativeMemory.keep(array);
    handle.attach(scope);
    return handle;
  }

  /** Returns the last columns of [rows, pos, ...]; a view in the scope. */
  static NDArray last(NDArray array, long columns, NDManager scope) {
    NDArray handle = handle(array, scope);
    long all = array.getShape().get(1);
    return all == columns
        ? handle
        : handle.get(new NDIndex().addAllDim().addSliceDim(all - columns, all));
  }
}
