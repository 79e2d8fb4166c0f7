package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.nn.BlockSpec.Norms;
import io.loupe.workbench.site.HookPoint;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An attention or an MLP with the norms around it.
 *
 * @param norms where the norms stand
 * @param before the norm before the part; null where there is none
 * @param part the attention or the MLP
 * @param behind the norm behind the part; null where there is none
 * @param points where its steps are hooked
 */
record Sublayer(
    Norms norms, @Nullable Norm before, Part part, @Nullable Norm behind, Points points) {

  /** What reads the residual stream, normalised or not, and says what to add to it. */
  interface Part {
    /** Returns what to add at every computed column, [batch, pos, d_model]. */
    NDArray apply(NDArray x, Pass pass);

    /** Returns what to add at the last column alone, [batch, 1, d_model]. */
    NDArray applyToLast(NDArray x, Pass pass);
  }

  /**
   * Where the steps are hooked.
   *
   * @param beforeScale what the norm before the part divides by
   * @param normalised what the part reads
   * @param behindScale what the norm behind the part divides by
   * @param out what is added to the stream
   */
  record Points(
      HookPoint beforeScale, HookPoint normalised, HookPoint behindScale, HookPoint out) {}

  /** Maps the residual stream [batch, pos, d_model] before the part to the one after it. */
  NDArray apply(NDArray x, Pass pass) {
    NDArray read = read(x, pass.hooks());
    NDArray stream = norms == Norms.ON_STREAM_BEFORE ? read : x;
    return after(stream.add(written(() -> part.apply(read, pass), stream, pass)), pass);
  }

  /** As {@link #apply}, at the last column alone: [batch, pos, d_model] to [batch, 1, d_model]. */
  NDArray applyToLast(NDArray x, Pass pass) {
    NDArray read = read(x, pass.hooks());
    NDArray stream = lastColumn(norms == Norms.ON_STREAM_BEFORE ? read : x);
    return after(stream.add(written(() -> part.applyToLast(read, pass), stream, pass)), pass);
  }

  /** Returns what the part adds to the residual stream, without adding it. */
  NDArray added(NDArray x, Pass pass) {
    NDArray read = read(x, pass.hooks());
    return written(() -> part.apply(read, pass), x, pass);
  }

  /** As {@link #added}, at the last column alone. */
  NDArray addedToLast(NDArray x, Pass pass) {
    NDArray read = read(x, pass.hooks());
    return written(() -> part.applyToLast(read, pass), lastColumn(x), pass);
  }

  /** Returns the last column of [batch, pos, ...], or all if there is only one. */
  static NDArray lastColumn(NDArray x) {
    long columns = x.getShape().get(1);
    return columns == 1 ? x : x.get(new NDIndex().addAllDim(1).addSliceDim(columns - 1, columns));
  }

  /** Returns the last so many columns of what is given, all of them or one; null if nothing is. */
  static @Nullable NDArray lastColumns(@Nullable NDArray given, int dimension, long columns) {
    if (given == null || given.getShape().get(dimension) == columns) {
      return given;
    }
    long all = given.getShape().get(dimension);
    return given.get(new NDIndex().addAllDim(dimension).addSliceDim(all - columns, all));
  }

  /** Nobody reads it if what the part adds is given, unless the stream goes on normalised. */
  private NDArray read(NDArray x, Hooks hooks) {
    boolean unread = hooks.given(points.out()) != null && norms != Norms.ON_STREAM_BEFORE;
    return before == null || unread
        ? x
        : hooks.at(points.normalised(), before.apply(x, points.beforeScale(), hooks));
  }

  /** Returns what is added to the stream, of as many columns as that has. */
  private NDArray written(Supplier<NDArray> computed, NDArray stream, Pass pass) {
    NDArray given = pass.hooks().given(points.out());
    NDArray out = lastColumns(given, 1, stream.getShape().get(1));
    if (out == null) {
      out = computed.get();
      if (behind != null && norms != Norms.ON_STREAM) {
        out = behind.apply(out, points.behindScale(), pass.hooks());
      }
    }
    return pass.hooks().at(points.out(), out);
  }

  private NDArray after(NDArray sum, Pass pass) {
    return behind != null && norms == Norms.ON_STREAM
        ? behind.apply(sum, points.behindScale(), pass.hooks())
        : sum;
  }
}
