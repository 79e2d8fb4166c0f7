package io.loupe.circuits.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.tensor.Tensors;

/** The vectors that stand for tokens, and what a model's entrance makes of such vectors. */
final class TokenTable {
  private static final int BLOCK = 2048;

  private TokenTable() {}

  /** Returns [vocab, d_model], which is kept. */
  static NDArray of(HookedTransformer model, TokenVectors vectors, DataType type) {
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray embedding = model.weights().get("embed.W_E");
      NDList blocks = new NDList();
      for (int from = 0; from < model.config().vocab(); from += BLOCK) {
        int to = Math.min(model.config().vocab(), from + BLOCK);
        NDArray rows = embedding.get(new NDIndex().addSliceDim(from, to));
        rows.attach(scope);
        NDArray entered = entered(model, rows.mul(model.config().embedding().scale()));
        NDArray seen =
            vectors == TokenVectors.THROUGH_FIRST_MLP ? throughFirstMlp(model, entered) : entered;
        blocks.add(seen.toType(type, true));
      }
      NDArray first = blocks.get(0);
      NDArray all =
          blocks.size() == 1 ? first : first.getNDArrayInternal().concat(blocks.subNDList(1), 0);
      return NativeMemory.keep(all);
    }
  }

  private static NDArray throughFirstMlp(HookedTransformer model, NDArray entered) {
    Wiring wiring = model.wiring();
    NDArray stream = entered.expandDims(0); // [1, rows, d_model]
    return wiring.afterMlp(0, stream, wiring.mlp(0, stream)).squeeze(0);
  }

  /** Applies the norm behind the embeddings, if there is one, to rows of their sum. */
  static NDArray entered(HookedTransformer model, NDArray sum) {
    if (!model.config().embedding().normed()) {
      return sum;
    }
    NormSpec spec = model.config().norm();
    boolean centres = spec.kind() == NormSpec.Kind.LAYER_NORM;
    NDArray centred = centres ? sum.sub(sum.mean(new int[] {1}, true)) : sum;
    NDArray scale = centred.square().mean(new int[] {1}, true).add(spec.epsilon()).sqrt();
    NDArray normed = centred.div(scale);
    if (model.weights().names().contains("embed_ln.w")) {
      normed = normed.mul(Tensors.as(normed.getDataType(), model.weights().get("embed_ln.w")));
    }
    if (model.weights().names().contains("embed_ln.b")) {
      normed = normed.add(Tensors.as(normed.getDataType(), model.weights().get("embed_ln.b")));
    }
    return normed;
  }
}
