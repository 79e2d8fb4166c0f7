package io.loupe.workbench.nn;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import org.jspecify.annotations.Nullable;

/**
 * What the forward pass hands every step's result to. It may keep it, and it may return something
 * else to go on with.
 */
public interface Hooks {
  /** Keeps and changes nothing; what is computed can be differentiated. */
  Hooks NONE =
      new Hooks() {
        @Override
        public NDArray at(HookPoint point, NDArray activation) {
          return activation;
        }

        @Override
        public boolean wants(HookPoint point) {
          return false;
        }

        @Override
        public boolean differentiable() {
          return true;
        }
      };

  /**
   * Receives the activation at a point, in the shape of the site's axes; the forward pass goes on
   * with what is returned.
   */
  NDArray at(HookPoint point, NDArray activation);

  /** Receives the activation of a site that the model has only once. */
  default NDArray at(Site site, NDArray activation) {
    return at(site.here(), activation);
  }

  /**
   * Returns what stands at a point already, so that the steps that only lead to it can be left out;
   * null to compute them, as a plain run does. Asked for at the pattern, the mixed values, the
   * neurons, and what attention and MLP add.
   */
  default @Nullable NDArray given(HookPoint point) {
    return null;
  }

  /**
   * Returns what computes a layer's attention without its scores and pattern, which are then not at
   * their points; null to compute them, as a plain run does.
   */
  default @Nullable StreamedAttention streamed(int layer) {
    return null;
  }

  /** Tells whether anybody asked for a point that is computed only on demand. */
  boolean wants(HookPoint point);

  /** Tells whether the pass is recorded for gradients; then no step may overwrite its input. */
  boolean differentiable();
}
