package io.loupe.workbench.path;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.path.Input.Kind;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last stretch of path patching: in each copy of the batch, the inputs of one receiver read
 * what the sender's change made of the stream, and everything else runs normally.
 */
final class PathHooks implements Hooks {
  private final ModelConfig config;
  private final Wiring wiring;
  private final Paths paths;
  private final List<Copy> copies;
  private final int start;
  private @Nullable NDArray pre; // the stream before the layer that runs
  private @Nullable NDArray mid; // between its attention and its MLP

  /**
   * One copy of the batch.
   *
   * @param receiver whose inputs read another stream
   * @param streams place to the stream that they read there, [batch, computed pos, d_model]
   */
  record Copy(Receiver receiver, Map<Integer, NDArray> streams) {}

  /**
   * Prepares a pass.
   *
   * @param start the first place at which a receiver reads, the same for all copies
   */
  PathHooks(Paths paths, List<Copy> copies, int start) {
    this.config = paths.model().config();
    this.wiring = paths.wiring();
    this.paths = paths;
    this.copies = copies;
    this.start = start;
  }

  @Override
  public NDArray at(HookPoint point, NDArray activation) {
    Site site = point.site();
    int layer = point.layer();
    if (site.equals(Sites.RESID_PRE)) {
      pre = activation;
    } else if (site.equals(Sites.RESID_MID)) {
      mid = activation;
    } else if (site.equals(Sites.Q)) {
      return heads(Kind.QUERY, layer, activation);
    } else if (site.equals(Sites.K)) {
      return heads(Kind.KEY, layer, activation);
    } else if (site.equals(Sites.V)) {
      return heads(Kind.VALUE, layer, activation);
    } else if (site.equals(Sites.MLP_OUT)) {
      return whole(Kind.MLP, layer, config.block().parallel() ? pre : mid, activation);
    } else if (site.equals(Sites.RESID_POST) && layer == config.layers() - 1) {
      return whole(Kind.LOGITS, config.layers(), activation, activation);
    }
    return activation;
  }

  private NDArray heads(Kind kind, int layer, NDArray activation) {
    for (int copy = 0; copy < copies.size(); copy++) {
      for (Input input : copies.get(copy).receiver().inputs()) {
        if (input.kind() == kind && input.layer() == layer) {
          try (NDManager scope = activation.getManager().newSubManager()) {
            NDArray read = read(copy, input, pre, activation.getShape().get(1), scope);
            NDArray changed =
                switch (kind) {
                  case QUERY -> wiring.query(layer, input.head(), read);
                  case KEY -> wiring.key(layer, input.head(), read);
                  default -> wiring.value(layer, input.head(), read);
                };
            activation.set(rows(activation, copy).addAllDim().addIndices(input.head()), changed);
          }
        }
      }
    }
    return activation;
  }

  private NDArray whole(Kind kind, int layer, @Nullable NDArray stream, NDArray activation) {
    NDArray result = null;
    for (int copy = 0; copy < copies.size(); copy++) {
      for (Input input : copies.get(copy).receiver().inputs()) {
        if (input.kind() == kind && input.layer() == layer) {
          if (result == null) {
            result = activation.duplicate(); // the given one may be the base run's own
          }
          try (NDManager scope = activation.getManager().newSubManager()) {
            NDArray read = read(copy, input, stream, activation.getShape().get(1), scope);
            result.set(rows(activation, copy), kind == Kind.MLP ? wiring.mlp(layer, read) : read);
          }
        }
      }
    }
    return result == null ? activation : result;
  }

  /**
   * Returns the stream that an input reads, of so many columns. Behind the first place the stream
   * of a direct edge is what this pass has there, changed by as much as the sender changes the base
   * run's; that of other paths is written over it (Wang et al. 2022).
   */
  private NDArray read(
      int copy, Input input, @Nullable NDArray current, long columns, NDManager scope) {
    int place = input.place(config);
    NDArray walked = last(copies.get(copy).streams().get(place), columns, scope);
    if (place == start || paths.freezing() == Freezing.ATTENTION || current == null) {
      return walked;
    }
    NDArray before = paths.base().base(StreamWalk.point(config, place));
    NDArray own = current.get(rows(current, copy));
    own.attach(scope);
    return last(own, columns, scope).add(walked).sub(last(before, columns, scope));
  }

  private NDIndex rows(NDArray stacked, int copy) {
    long batch = stacked.getShape().get(0) / copies.size();
    return new NDIndex().addSliceDim(copy * batch, (copy + 1) * batch);
  }

  /** Returns the last so many columns of [batch, pos, d_model]; a view. */
  private static NDArray last(@Nullable NDArray stream, long columns, NDManager scope) {
    if (stream == null) {
      throw new IllegalStateException("no stream was kept for this place");
    }
    long all = stream.getShape().get(1);
    NDArray view = stream.get(new NDIndex().addAllDim().addSliceDim(all - columns, all));
    view.attach(scope);
    return view;
  }

  @Override
  public boolean wants(HookPoint point) {
    return false;
  }

  @Override
  public boolean differentiable() {
    return false;
  }
}
