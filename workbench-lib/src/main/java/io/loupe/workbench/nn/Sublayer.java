package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.nn.BlockSpec.Norms;
import io.loupe.workbench.site.HookPoint;
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
  @FunctionalInterface
  interface Part {
    NDArray apply(NDArray x, Pass pass);
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
    NDArray sum = stream.add(written(read, pass));
    return behind != null && norms == Norms.ON_STREAM
        ? behind.apply(sum, points.behindScale(), pass.hooks())
        : sum;
  }

  /** Returns what the part adds to the residual stream, without adding it. */
  NDArray added(NDArray x, Pass pass) {
    return written(read(x, pass.hooks()), pass);
  }

  private NDArray read(NDArray x, Hooks hooks) {
    return before == null
        ? x
        : hooks.at(points.normalised(), before.apply(x, points.beforeScale(), hooks));
  }

  private NDArray written(NDArray read, Pass pass) {
    NDArray out = part.apply(read, pass);
    if (behind != null && norms != Norms.ON_STREAM) {
      out = behind.apply(out, points.behindScale(), pass.hooks());
    }
    return pass.hooks().at(points.out(), out);
  }
}
