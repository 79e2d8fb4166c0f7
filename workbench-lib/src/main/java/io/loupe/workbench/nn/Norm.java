package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * Layer norm or root-mean-square norm over the last dimension. A float16 stream is normalised in
 * float32, as squares of its entries overflow, and so is what the scale's point is handed.
 *
 * @param spec which of the two
 * @param weight [d_model], or null for none
 * @param bias [d_model], or null for none
 */
record Norm(NormSpec spec, @Nullable NDArray weight, @Nullable NDArray bias) {

  /** Normalises [..., d_model]. */
  NDArray apply(NDArray x) {
    if (weight == null || bias == null || spec.kind() == NormSpec.Kind.RMS_NORM) {
      NDArray centred = centred(x);
      return Tensors.as(x.getDataType(), affine(centred.div(scale(centred))));
    }
    Shape last = new Shape(x.getShape().get(x.getShape().dimension() - 1));
    return x.getNDArrayInternal()
        .layerNorm(x, last, weight, bias, (float) spec.epsilon())
        .singletonOrThrow();
  }

  /** Normalises [..., d_model]; the scale passes its point only if somebody asked for it. */
  NDArray apply(NDArray x, HookPoint scalePoint, Hooks hooks) {
    if (!hooks.wants(scalePoint)) {
      return apply(x);
    }
    NDArray centred = centred(x);
    NDArray normalised = affine(centred.div(hooks.at(scalePoint, scale(centred))));
    return Tensors.as(x.getDataType(), normalised);
  }

  /**
   * Takes a gradient at the normalised values back to what was normalised; the scale is
   * differentiated too.
   *
   * @param x what was normalised, [..., d_model]
   * @param gradient in the same shape
   */
  NDArray back(NDArray x, NDArray gradient) {
    NDArray centred = centred(x);
    NDArray scale = scale(centred);
    NDArray normalised = centred.div(scale);
    NDArray wide = Tensors.wide(gradient);
    NDArray weighted = weight == null ? wide : wide.mul(weight);
    NDArray back = weighted.sub(normalised.mul(mean(weighted.mul(normalised)))).div(scale);
    return Tensors.as(
        x.getDataType(), spec.kind() == NormSpec.Kind.LAYER_NORM ? back.sub(mean(back)) : back);
  }

  /**
   * Takes gradients at what many linear maps make of the normalised values back to what was
   * normalised, for each map apart.
   *
   * @param x what was normalised, [token, d_model]
   * @param weights of the maps, [map, out, d_model]
   * @param gradients behind them, [map, token, out]
   * @return [map, token, d_model]
   */
  NDArray back(NDArray x, NDArray weights, NDArray gradients) {
    NDArray centred = centred(x);
    NDArray scale = scale(centred); // [token, 1]
    NDArray normalised = centred.div(scale);
    NDArray wide = Tensors.wide(weights);
    NDArray folded = centred(weight == null ? wide : wide.mul(weight));
    NDArray scaled = Tensors.wide(gradients).div(scale);
    NDArray made = normalised.matMul(folded.transpose(0, 2, 1)); // [map, token, out]
    NDArray along = made.mul(scaled).sum(new int[] {2}, true).div(x.getShape().get(1));
    NDArray back = scaled.matMul(folded);
    return Tensors.as(x.getDataType(), back.subi(along.mul(normalised)));
  }

  /**
   * Returns what the norm makes of [..., d_model] but for dividing by the scale and adding the
   * bias.
   */
  NDArray linear(NDArray x) {
    NDArray centred = centred(x);
    return weight == null ? centred : centred.mul(weight);
  }

  private NDArray centred(NDArray x) {
    NDArray wide = Tensors.wide(x);
    return spec.kind() == NormSpec.Kind.LAYER_NORM ? wide.sub(mean(wide)) : wide;
  }

  private NDArray affine(NDArray scaled) {
    NDArray weighted = weight == null ? scaled : scaled.mul(weight);
    return bias == null ? weighted : weighted.add(bias);
  }

  private NDArray scale(NDArray centred) {
    return mean(centred.square()).add(spec.epsilon()).sqrt(); // [..., 1]
  }

  private static NDArray mean(NDArray x) {
    return x.mean(new int[] {x.getShape().dimension() - 1}, true);
  }
}
