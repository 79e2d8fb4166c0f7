package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.tensor.Tensors;

/**
 * The keys (after the rotary embedding) and values that earlier passes over the same rows computed,
 * so that a further token costs one column and not the whole text. They are what the hooks left of
 * them: an intervention in an earlier pass goes on acting through them.
 */
public final class KeyValueCache implements Past, AutoCloseable {
  private final NDManager manager;
  private final NDArray[] keys; // [layer] of [batch, pos, kv_head, d_head]
  private final NDArray[] values;

  /** Makes an empty cache for a model of so many layers, whose memory belongs to the manager. */
  public KeyValueCache(int layers, NDManager manager) {
    this.manager = manager.newSubManager();
    this.keys = new NDArray[layers];
    this.values = new NDArray[layers];
  }

  /** Returns the number of columns that every layer has seen. */
  @Override
  public int length() {
    NDArray last = keys[keys.length - 1];
    return last == null ? 0 : (int) last.getShape().get(1);
  }

  @Override
  public NDArray keys(int layer, NDArray newest) {
    return extend(keys, layer, newest);
  }

  @Override
  public NDArray values(int layer, NDArray newest) {
    return extend(values, layer, newest);
  }

  private NDArray extend(NDArray[] kept, int layer, NDArray newest) {
    NDArray before = kept[layer];
    NDArray all =
        before == null
            ? newest.duplicate()
            : before.getNDArrayInternal().concat(new NDList(newest), 1);
    all.attach(manager);
    if (before != null) {
      before.close();
    }
    kept[layer] = all;
    return all;
  }

  /**
   * Returns the first columns of these rows, each batch row so many times over, to be read only.
   */
  Past prefix(int columns, int copies) {
    return new Past() {
      @Override
      public int length() {
        return columns;
      }

      @Override
      public NDArray keys(int layer, NDArray newest) {
        return behind(keys[layer], newest);
      }

      @Override
      public NDArray values(int layer, NDArray newest) {
        return behind(values[layer], newest);
      }

      private NDArray behind(NDArray kept, NDArray newest) {
        try (NDManager scope = newest.getManager().newSubManager()) {
          NDArray first = kept.get(new NDIndex().addAllDim(1).addSliceDim(0, columns));
          first.attach(scope);
          NDArray stacked = Tensors.copies(first, copies);
          NDArray all = stacked.getNDArrayInternal().concat(new NDList(newest), 1);
          all.attach(newest.getManager());
          return all;
        }
      }
    };
  }

  /** Frees all keys and values. */
  @Override
  public void close() {
    manager.close();
  }
}
