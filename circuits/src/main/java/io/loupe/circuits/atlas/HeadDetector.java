package io.loupe.circuits.atlas;

import io.loupe.circuits.heads.HeadMap;
import io.loupe.workbench.model.HookedTransformer;

/** Says how far each head of a model is of one kind. A detector of your own is one lambda. */
@FunctionalInterface
public interface HeadDetector {
  /**
   * Measures every head.
   *
   * @throws IllegalArgumentException before any run, if the model or what it is to be run on does
   *     not have what the kind needs
   */
  HeadMap measure(HookedTransformer model);
}
