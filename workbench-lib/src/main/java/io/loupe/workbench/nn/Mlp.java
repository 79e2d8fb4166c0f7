package io.loupe.workbench.nn;

import static io.loupe.workbench.site.Sites.MLP_OUT;
import static io.loupe.workbench.site.Sites.MLP_POST;
import static io.loupe.workbench.site.Sites.MLP_PRE;
import static io.loupe.workbench.site.Sites.MLP_PRE_LINEAR;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * The MLP, gated or not.
 *
 * @param activation its non-linearity
 * @param layer where it stands
 * @param in d_model to d_mlp; in a gated MLP the linear branch
 * @param gate d_model to d_mlp, the activated branch of a gated MLP; null in a plain one
 * @param out d_mlp to d_model
 */
record Mlp(Activation activation, int layer, Linear in, @Nullable Linear gate, Linear out) {

  /** Maps the normalised residual stream [batch, pos, d_model] to what the MLP adds to it. */
  NDArray apply(NDArray x, Hooks hooks) {
    NDArray post; // [batch, pos, d_mlp]
    if (gate == null) {
      NDArray pre = hooks.at(MLP_PRE.at(layer), in.apply(x));
      post = activation.apply(pre, hooks.differentiable());
    } else {
      NDArray pre = hooks.at(MLP_PRE.at(layer), gate.apply(x));
      NDArray linear = hooks.at(MLP_PRE_LINEAR.at(layer), in.apply(x));
      post = activation.apply(pre, hooks.differentiable()).mul(linear);
    }
    return hooks.at(
        MLP_OUT.at(layer), out.apply(hooks.at(MLP_POST.at(layer), post))); // [batch, pos, d_model]
  }
}
