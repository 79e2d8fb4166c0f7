package io.loupe.workbench.nn;

import static io.loupe.workbench.site.Sites.LN1;
import static io.loupe.workbench.site.Sites.LN1_SCALE;
import static io.loupe.workbench.site.Sites.LN2;
import static io.loupe.workbench.site.Sites.LN2_SCALE;
import static io.loupe.workbench.site.Sites.RESID_MID;
import static io.loupe.workbench.site.Sites.RESID_POST;
import static io.loupe.workbench.site.Sites.RESID_PRE;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * One layer: attention and MLP, each on the normalised residual stream, each adding to it.
 *
 * @param layer where it stands
 * @param ln1 the attention's norm
 * @param attention the attention
 * @param ln2 the MLP's norm
 * @param mlp the MLP
 */
record Block(int layer, Norm ln1, Attention attention, Norm ln2, Mlp mlp) {

  /** Maps the residual stream [batch, pos, d_model] before the layer to the one after it. */
  NDArray apply(NDArray x, NDArray mask, @Nullable Rotary rotary, Hooks hooks) {
    x = hooks.at(RESID_PRE.at(layer), x);
    NDArray attended = attention.apply(normalised1(x, hooks), mask, rotary, hooks);
    x = hooks.at(RESID_MID.at(layer), x.add(attended));
    return hooks.at(RESID_POST.at(layer), x.add(mlp.apply(normalised2(x, hooks), hooks)));
  }

  private NDArray normalised1(NDArray x, Hooks hooks) {
    return ln1.apply(x, LN1_SCALE.at(layer), LN1.at(layer), hooks);
  }

  private NDArray normalised2(NDArray x, Hooks hooks) {
    return ln2.apply(x, LN2_SCALE.at(layer), LN2.at(layer), hooks);
  }
}
