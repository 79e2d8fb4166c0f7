package io.loupe.workbench.lens;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.Weights;
import io.loupe.workbench.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * The way from the residual stream to the logits with norms' scales frozen, so that it is linear.
 */
final class FrozenHead {
  private final HookedTransformer model;
  private final Weights weights;

  FrozenHead(HookedTransformer model) {
    this.model = model;
    this.weights = model.weights();
  }

  /**
   * Returns the logits of a part of the stream, without biases.
   *
   * @param part [..., d_model]
   * @param scale what the final norm divides by, [..., 1]; null if the model has none
   */
  NDArray ofPart(NDArray part, @Nullable NDArray scale) {
    return unembed(scale == null ? part : through("ln_final", part, scale), null);
  }

  /** Returns the logits, before a soft cap, of a whole stream. */
  NDArray ofStream(NDArray stream, @Nullable NDArray scale) {
    NDArray x = stream;
    if (scale != null) {
      NDArray bias = orNull("ln_final.b");
      x = through("ln_final", stream, scale);
      x = bias == null ? x : x.add(bias);
    }
    return unembed(x, orNull("unembed.b_U"));
  }

  /**
   * Returns the direction before a norm that is, its scale frozen, the given one behind it: what
   * both read of a vector is the same, but for the norm's bias.
   */
  static double[] before(HookedTransformer model, String norm, double scale, double[] direction) {
    double[] weight =
        model.weights().names().contains(norm + ".w")
            ? Tensors.doubles(model.weights().get(norm + ".w"))
            : new double[0];
    double[] before = new double[direction.length];
    double mean = 0;
    for (int i = 0; i < before.length; i++) {
      before[i] = (weight.length == 0 ? direction[i] : weight[i] * direction[i]) / scale;
      mean += before[i] / before.length;
    }
    boolean centred = model.config().norm().kind() == NormSpec.Kind.LAYER_NORM;
    for (int i = 0; centred && i < before.length; i++) {
      before[i] -= mean;
    }
    return before;
  }

  /** Returns a part of what an attention adds, as it is behind the norm that follows. */
  NDArray behindAttention(int layer, NDArray part, NDArray scale) {
    return through("blocks." + layer + ".ln1_post", part, scale);
  }

  /** The linear part of a norm, its scale given. */
  private NDArray through(String norm, NDArray x, NDArray scale) {
    int last = x.getShape().dimension() - 1;
    boolean centred = model.config().norm().kind() == NormSpec.Kind.LAYER_NORM;
    NDArray y = centred ? x.sub(x.mean(new int[] {last}, true)) : x;
    y = y.div(Tensors.as(x.getDataType(), scale));
    NDArray weight = orNull(norm + ".w");
    return weight == null ? y : y.mul(weight);
  }

  private NDArray unembed(NDArray x, @Nullable NDArray bias) {
    return x.getNDArrayInternal().linear(x, weights.get("unembed.W_U"), bias).singletonOrThrow();
  }

  private @Nullable NDArray orNull(String name) {
    return weights.names().contains(name) ? weights.get(name) : null;
  }
}
