package io.loupe.workbench.intervention;

import java.util.List;

/**
 * What an intervention did in one run.
 *
 * @param intervention the intervention
 * @param fired how often it was applied; never 0 in a run that succeeded
 * @param shapes the shape of the activation at each application
 * @param editNorm the L2 norm of all changes it made: 0 says that it changed nothing
 */
public record Receipt(
    Intervention intervention, int fired, List<List<Long>> shapes, double editNorm) {
  public Receipt {
    shapes = List.copyOf(shapes);
  }
}
