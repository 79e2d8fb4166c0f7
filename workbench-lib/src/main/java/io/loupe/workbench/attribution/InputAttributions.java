package io.loupe.workbench.attribution;

import java.util.List;

/**
 * The methods. Those that use gradients act on the token embeddings (EMBED), before positions are
 * added; those that mix positions know nothing of the metric and score for the last position.
 */
public final class InputAttributions {
  private InputAttributions() {}

  /** Returns the length of the metric's gradient at each token's embedding. */
  public static InputAttribution gradientNorm() {
    return new EmbeddingGradients.Norm();
  }

  /**
   * Returns the product of each token's embedding and the metric's gradient there: a first guess at
   * what the metric loses if the embedding were zero.
   */
  public static InputAttribution inputTimesGradient() {
    return new EmbeddingGradients.TimesInput();
  }

  /**
   * Returns integrated gradients (Sundararajan et al. 2017) on the straight line between all
   * embeddings and those of a baseline, by Gauss and Legendre's rule. The scores sum to the metric
   * minus its value at the baseline; the result holds how far they miss it. In a model with
   * root-mean-square norms the metric changes fast near the zero embedding: take more steps, or
   * another baseline.
   *
   * @param steps at how many points the gradient is taken
   */
  public static InputAttribution integratedGradients(int steps, Baseline baseline) {
    return new EmbeddingGradients.Integrated(steps, baseline);
  }

  /** Returns how much the metric falls when one token is removed. */
  public static InputAttribution occlusion(Removal removal) {
    return new Occlusion(removal);
  }

  /** Returns rolled-out {@link ValueZeroing}, for the last position. */
  public static InputAttribution valueZeroing() {
    return new Mixing.Zeroing();
  }

  /** Returns attention rollout (Abnar and Zuidema 2020), for the last position. */
  public static InputAttribution attentionRollout(HeadMix mix) {
    return new Mixing.Attention(mix, false);
  }

  /** Returns the maximum flow of attention (Abnar and Zuidema 2020), for the last position. */
  public static InputAttribution attentionFlow(HeadMix mix) {
    return new Mixing.Attention(mix, true);
  }

  /**
   * Returns one of each kind: gradient norm, input x gradient, integrated gradients (64 steps from
   * the mean embedding), occlusion by hiding, value zeroing, rollout and flow over all heads.
   */
  public static List<InputAttribution> all() {
    return List.of(
        gradientNorm(),
        inputTimesGradient(),
        integratedGradients(64, Baseline.MEAN),
        occlusion(Removal.hide()),
        valueZeroing(),
        attentionRollout(HeadMix.MEAN),
        attentionFlow(HeadMix.MEAN));
  }
}
