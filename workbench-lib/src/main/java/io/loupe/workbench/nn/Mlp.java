package io.loupe.workbench.nn;

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
record Mlp(Activation activation, int layer, Linear in, @Nullable Linear gate, Linear out)
    implements Sublayer.Part {

  static Mlp of(ModelConfig config, int layer, Weights weights) {
    String at = "blocks." + layer + ".mlp.";
    return new Mlp(
        config.mlp().activation(),
        layer,
        weights.linear(at + "W_in", at + "b_in"),
        config.mlp().gated() ? weights.linear(at + "W_gate", at + "b_gate") : null,
        weights.linear(at + "W_out", at + "b_out"));
  }

  /** Maps the MLP's input [batch, pos, d_model] to what its neurons write. */
  @Override
  public NDArray apply(NDArray x, Pass pass) {
    Hooks hooks = pass.hooks();
    long columns = x.getShape().get(1);
    NDArray post = Sublayer.lastColumns(hooks.given(MLP_POST.at(layer)), 1, columns);
    if (post == null) {
      post = neurons(x, hooks);
    }
    return out.apply(hooks.at(MLP_POST.at(layer), post)); // [batch, pos, d_model]
  }

  /** Maps the MLP's input to its neurons, [batch, pos, d_mlp]. */
  NDArray neurons(NDArray x, Hooks hooks) {
    if (gate == null) {
      NDArray pre = hooks.at(MLP_PRE.at(layer), in.apply(x));
      return activation.apply(pre, hooks.differentiable());
    }
    NDArray pre = hooks.at(MLP_PRE.at(layer), gate.apply(x));
    NDArray linear = hooks.at(MLP_PRE_LINEAR.at(layer), in.apply(x));
    return activation.apply(pre, hooks.differentiable()).mul(linear);
  }

  /** Each position is by itself. */
  @Override
  public NDArray applyToLast(NDArray x, Pass pass) {
    return apply(Sublayer.lastColumn(x), pass);
  }
}
