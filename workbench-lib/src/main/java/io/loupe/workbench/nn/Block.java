package io.loupe.workbench.nn;

import static io.loupe.workbench.site.Sites.RESID_MID;
import static io.loupe.workbench.site.Sites.RESID_POST;
import static io.loupe.workbench.site.Sites.RESID_PRE;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * One layer: attention and MLP, each reading the residual stream and adding to it.
 *
 * @param layer where it stands
 * @param parallel whether both read the stream before the layer
 * @param attention the attention and its norms
 * @param mlp the MLP and its norms; null in a layer of attention alone
 */
record Block(int layer, boolean parallel, Sublayer attention, @Nullable Sublayer mlp) {

  /** Maps the residual stream [batch, pos, d_model] before the layer to the one after it. */
  NDArray apply(NDArray x, Pass pass) {
    Hooks hooks = pass.hooks();
    x = hooks.at(RESID_PRE.at(layer), x);
    if (mlp == null) {
      return hooks.at(RESID_POST.at(layer), attention.apply(x, pass));
    }
    if (parallel) {
      NDArray sum = x.add(attention.added(x, pass)).add(mlp.added(x, pass));
      return hooks.at(RESID_POST.at(layer), sum);
    }
    x = hooks.at(RESID_MID.at(layer), attention.apply(x, pass));
    return hooks.at(RESID_POST.at(layer), mlp.apply(x, pass));
  }

  /** As {@link #apply}, at the last column alone: [batch, pos, d_model] to [batch, 1, d_model]. */
  NDArray applyToLast(NDArray x, Pass pass) {
    Hooks hooks = pass.hooks();
    x = hooks.at(RESID_PRE.at(layer), x);
    if (mlp == null) {
      return hooks.at(RESID_POST.at(layer), attention.applyToLast(x, pass));
    }
    if (parallel) {
      NDArray sum =
          Sublayer.lastColumn(x).add(attention.addedToLast(x, pass)).add(mlp.addedToLast(x, pass));
      return hooks.at(RESID_POST.at(layer), sum);
    }
    x = hooks.at(RESID_MID.at(layer), attention.applyToLast(x, pass));
    return hooks.at(RESID_POST.at(layer), mlp.apply(x, pass));
  }
}
