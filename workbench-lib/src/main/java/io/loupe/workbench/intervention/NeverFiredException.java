package io.loupe.workbench.intervention;

import java.util.List;

/**
 * Fails a run in which an intervention was never applied: its result would look right and mean
 * nothing.
 */
public final class NeverFiredException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /** Names the interventions that did nothing and the part of the model that was run. */
  public NeverFiredException(List<Intervention> idle) {
    super("The run never came to " + idle.stream().map(i -> i + " at " + i.at()).toList());
  }
}
