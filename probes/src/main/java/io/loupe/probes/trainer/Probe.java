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

  /**
   * Returns the direction in which an output grows, in features as they are: of a class against the
   * mean of the others, of a number or a tag its weights.
   *
   * @param output counted over the labels' names, from 0
   * @throws IllegalArgumentException if the probe is not linear
   */
  default double[] direction(int output) {
    LinearMap map =
        linear()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "This probe is not linear and has no direction; Trainers.logistic() or Trainers.massMean() give one"));
    return switch (output()) {
      case PROBABILITIES, MARGINS -> map.direction(output);
      case TAG_PROBABILITIES, NUMBERS -> map.row(output);
    };
  }
}
