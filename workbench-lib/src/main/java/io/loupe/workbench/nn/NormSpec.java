package io.loupe.workbench.nn;

/**
 * Which normalisation a model uses.
 *
 * @param kind layer norm (centred, Ba et al. 2016) or root-mean-square norm (Zhang and Sennrich
 *     2019)
 * @param epsilon what is added to the mean square before the root
 */
public record NormSpec(Kind kind, double epsilon) {
  /** The kinds of normalisation. */
  public enum Kind {
    LAYER_NORM,
    RMS_NORM
  }
}
