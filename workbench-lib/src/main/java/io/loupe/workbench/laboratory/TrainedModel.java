package io.loupe.workbench.laboratory;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.train.TrainingCurve;

/**
 * What a training gave.
 *
 * @param model with the trained weights; the model that training began with is as it was
 * @param curve the losses of all steps, those before a resumption too
 */
public record TrainedModel(HookedTransformer model, TrainingCurve curve) implements Displayable {
  /** Shows the curve. */
  @Override
  public MimeBundle display() {
    return curve.display();
  }
}
