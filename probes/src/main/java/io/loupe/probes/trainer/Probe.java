package io.loupe.probes.trainer;

import io.loupe.probes.data.Features;
import java.util.Optional;

/** A trained probe. Immutable. */
public interface Probe {

  /** What the numbers of a prediction are. */
  enum Output {
    /** A probability for each class; they sum to one. */
    PROBABILITIES,
    /** A score for each class; the largest wins. */
    MARGINS,
    /** A probability for each tag, on its own. */
    TAG_PROBABILITIES,
    /** The numbers themselves. */
    NUMBERS
  }

  /** Returns what the numbers of a prediction are. */
  Output output();

  /**
   * Predicts some examples.
   *
   * @param features in the space that the probe was trained in
   * @param rows which examples
   * @return [example][class, tag or number]
   */
  double[][] predict(Features features, int[] rows);

  /** Returns the linear map behind the predictions; empty if there is none (nearest neighbours). */
  Optional<LinearMap> linear();
}
