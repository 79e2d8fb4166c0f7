package io.loupe.probes.data;

import io.loupe.workbench.model.Pooling;
import io.loupe.workbench.site.HookPoint;

/**
 * Where a probe reads: a hook point, and how the tokens of an example become one vector.
 *
 * @param point where in the model
 * @param pooling which of an example's tokens: {@code Pooling.at(0)} is its first (the first
 *     subword of a word), {@code last()} its last, {@code mean()} all of them, {@code
 *     span("subject")} those of a named span of the text, wherever the example stands
 */
public record Spot(HookPoint point, Pooling pooling) {
  @Override
  public String toString() {
    return point + ", " + pooling;
  }
}
