package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.site.HookPoint;
import org.jspecify.annotations.Nullable;

/**
 * Layer norm or root-mean-square norm over the last dimension.
 *
 * @param spec which of the two
 * @param weight [d_model]
 * @param bias [d_model], or null for none
 */
record Norm(NormSpec spec, NDArray weight, @Nullable NDArray bias) {

  /** Normalises [..., d_model]; the scale's point is passed only if somebody asked for it. */
  NDArray apply(NDArray x, HookPoint scalePoint, HookPoint outPoint, Hooks hooks) {
    if (hooks.wants(scalePoint) || bias == null || spec.kind() == NormSpec.Kind.RMS_NORM) {
      NDArray centred = spec.kind() == NormSpec.Kind.LAYER_NORM ? x.sub(mean(x)) : x;
      NDArray scale =
          hooks.wants(scalePoint) ? hooks.at(scalePoint, scale(centred)) : scale(centred);
      NDArray scaled = centred.div(scale).mul(weight); // [..., d_model]
      return hooks.at(outPoint, bias == null ? scaled : scaled.add(bias));
    }
    Shape last = new Shape(x.getShape().get(x.getShape().dimension() - 1));
    NDArray out =
        x.getNDArrayInternal()
            .layerNorm(x, last, weight, bias, (float) spec.epsilon())
            .singletonOrThrow();
    return hooks.at(outPoint, out);
  }

  private NDArray scale(NDArray centred) {
    return mean(centred.square()).add(spec.epsilon()).sqrt(); // [..., 1]
  }

  private static NDArray mean(NDArray x) {
    return x.mean(new int[] {x.getShape().dimension() - 1}, true);
  }
}
