package io.loupe.workbench.intervention;

import java.util.List;

/**
 * What an intervention did in one run.
 *
 * @param intervention the intervention
 * @param fired how often it was applied; never 0 in a run that succeeded
 * @param shapes the shape of the activation at each application
 * @param editNorm the L2 norm of all changes it made between finite numbers
 * @param edges how many scores or mask entries it hid or showed, from or to negative infinity
 */
public record Receipt(
    Intervention intervention, int fired, List<List<Long>> shapes, double editNorm, long edges) {
  public Receipt {
    shapes = List.copyOf(shapes);
  }

  /** Tells whether anything is different for it; an edit at its neutral value changes nothing. */
  public boolean changed() {
    return editNorm != 0 || edges != 0; // a norm that is not a number is a change
  }
}
