package io.loupe.probes.sweep;

import io.loupe.probes.data.Partition;
import io.loupe.probes.score.Scores;
import io.loupe.probes.trainer.Probe;
import java.util.Optional;

/**
 * One probe of one place: trained on one partition, its setting chosen on the validation examples.
 *
 * @param seed of the partition, the control's labels and training
 * @param partition which examples were for what
 * @param trainer its trainer's name
 * @param setting the hyper-parameters that did best on the validation examples, by {@link
 *     Scores#criterion}; among several trainers, the one with the best value
 * @param probe the trained probe
 * @param separations of each output: by how much a class's or tag's training examples are on the
 *     mean above the others along {@link Probe#direction}, or the standard deviation of a number's
 *     predictions; empty if the probe is not linear
 * @param validation its scores on the validation examples
 * @param test its scores on the test examples
 * @param majority those of a constant prediction: each class's share, the mean of numbers
 * @param control those of a probe trained the same way on the control task, its setting chosen on
 *     the control task's validation examples; empty if it was left out or cannot be posed
 * @param shuffled those of a probe with the same setting, trained on permuted labels, against the
 *     true ones; empty if it was left out
 */
public record Trial(
    long seed,
    Partition partition,
    String trainer,
    String setting,
    Probe probe,
    double[] separations,
    Scores validation,
    Scores test,
    Scores majority,
    Optional<Scores> control,
    Optional<Scores> shuffled) {

  /** Returns the accuracy above that of the control task; NaN without one. */
  public double selectivity() {
    return control.map(scores -> test.value() - scores.value()).orElse(Double.NaN);
  }
}
