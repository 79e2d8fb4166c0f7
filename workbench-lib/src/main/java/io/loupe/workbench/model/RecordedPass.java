package io.loupe.workbench.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.intervention.Applications;
import io.loupe.workbench.intervention.Frame;
import io.loupe.workbench.nn.Hooks;
import io.loupe.workbench.site.HookPoint;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * A forward pass inside the graph that autograd records; see {@link HookedTransformer#recorded}.
 *
 * @param logits [batch, pos, vocab]
 * @param activations those asked for, as the pass goes on with them, in the shapes of their sites
 */
public record RecordedPass(NDArray logits, Map<HookPoint, NDArray> activations) {
  public RecordedPass {
    activations = Map.copyOf(activations);
  }

  /**
   * Returns the activation at a point.
   *
   * @throws IllegalArgumentException if it was not asked for
   */
  public NDArray at(HookPoint point) {
    NDArray activation = activations.get(point);
    if (activation == null) {
      throw new IllegalArgumentException(
          point + " was not asked for; there are " + activations.keySet());
    }
    return activation;
  }

  /** Applies interventions and keeps activations with their history. */
  static final class Keeping implements Hooks {
    private final Frame frame;
    private final Applications applications;
    private final Set<HookPoint> kept;
    private final NDManager scope;
    private final Map<HookPoint, NDArray> activations = new HashMap<>();

    Keeping(Frame frame, Applications applications, Set<HookPoint> kept, NDManager scope) {
      this.frame = frame;
      this.applications = applications;
      this.kept = kept;
      this.scope = scope;
    }

    @Override
    public NDArray at(HookPoint point, NDArray activation) {
      NDArray x = applications.apply(point, activation, frame);
      if (kept.contains(point)) {
        NDArray handle = x.reshape(x.getShape()); // the pass frees its own when a layer is done
        handle.attach(scope);
        activations.put(point, handle);
      }
      return x;
    }

    @Override
    public boolean wants(HookPoint point) {
      return kept.contains(point) || applications.at(point);
    }

    @Override
    public boolean differentiable() {
      return true;
    }

    RecordedPass finished(NDArray logits) {
      applications.receipts();
      return new RecordedPass(logits, activations);
    }
  }
}
