package io.loupe.workbench.nn;

/**
 * The shape of the MLP.
 *
 * @param activation its non-linearity
 * @param gated whether the activated branch multiplies a second, linear one (Shazeer 2020)
 */
public record MlpSpec(Activation activation, boolean gated) {
  /** Goes with {@code dMlp} 0: the model has no MLPs, and nothing reads this. */
  public static final MlpSpec NONE = new MlpSpec(Activation.IDENTITY, false);
}
