package io.loupe.workbench.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;

/**
 * How a naive loop patches what one part reads of another: in a full pass of its own, which is
 * given what the reader makes of its changed stream. For pre-norm models that are not parallel.
 */
public final class NaivePatch {
  /** What a run has to keep for it. */
  public static final Capture CAPTURE =
      Capture.of(Sites.RESID_PRE, Sites.RESID_MID, Sites.RESID_POST, Sites.RESULT, Sites.MLP_OUT);

  private NaivePatch() {}

  /** Returns what a node wrote in a run, [batch, pos, d_model]. */
  public static NDArray output(Node node, ActivationCache cache) {
    if (node instanceof Node.Attention attention) {
      return cache
          .get(Sites.RESULT.at(attention.head().layer()))
          .get(new NDIndex().addAllDim(2).addIndices(attention.head().index()));
    }
    return cache.get(
        node instanceof Node.Mlp mlp ? Sites.MLP_OUT.at(mlp.layer()) : Sites.RESID_PRE.at(0));
  }

  /** Returns where the stream stands that an input reads. */
  public static HookPoint stream(HookedTransformer model, Input input) {
    return switch (input.kind()) {
      case QUERY, KEY, VALUE -> Sites.RESID_PRE.at(input.layer());
      case MLP -> Sites.RESID_MID.at(input.layer());
      case LOGITS -> Sites.RESID_POST.at(model.config().layers() - 1);
    };
  }

  /** Returns the edit that lets an input alone read another stream, [batch, pos, d_model]. */
  public static Intervention edit(HookedTransformer model, Input input, NDArray read) {
    Wiring wiring = model.wiring();
    int layer = input.layer();
    int head = input.head();
    return switch (input.kind()) {
      case QUERY -> head(Sites.Q.at(layer), head, wiring.query(layer, head, read));
      case KEY -> head(Sites.K.at(layer), head, wiring.key(layer, head, read));
      case VALUE -> head(Sites.V.at(layer), head, wiring.value(layer, head, read));
      case MLP -> Interventions.edit(Sites.MLP_OUT.at(layer), x -> wiring.mlp(layer, read));
      case LOGITS ->
          Interventions.edit(Sites.RESID_POST.at(model.config().layers() - 1), x -> read);
    };
  }

  private static Intervention head(HookPoint point, int head, NDArray value) {
    return Interventions.edit(
        point,
        x -> {
          x.set(new NDIndex().addAllDim(2).addIndices(head), value);
          return x;
        });
  }
}
