package io.loupe.probes.sweep;

import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.workbench.model.Pooling;
import java.util.List;

/**
 * How probes are trained. Immutable; each method returns changed options.
 *
 * @param trainers tried beside each other, each with all its settings; empty for the usual one of
 *     the labels
 * @param poolings which tokens of an example, each with probes of its own
 * @param repeats how often everything is repeated with another partition and seed
 * @param folds 0 for random partitions; otherwise groups are cut into so many folds and each is
 *     reported on once, in place of repeats
 * @param controls whether control task, shuffled labels and random features are trained too
 */
public record ProbeOptions(
    List<ProbeTrainer> trainers, List<Pooling> poolings, int repeats, int folds, boolean controls) {
  public ProbeOptions {
    trainers = List.copyOf(trainers);
    poolings = List.copyOf(poolings);
    if (poolings.isEmpty() || repeats < 1 || folds < 0 || folds == 1 || folds == 2) {
      throw new IllegalArgumentException(
          "Expected a pooling, at least one repeat, and 0 or at least 3 folds; got %s, %d repeats, %d folds"
              .formatted(poolings, repeats, folds));
    }
  }

  /** The usual trainer of the labels, each example's last token, three seeds, all controls. */
  public static ProbeOptions usual() {
    return new ProbeOptions(List.of(), List.of(Pooling.last()), 3, 0, true);
  }

  /** Returns these options with other trainers. */
  public ProbeOptions trainers(ProbeTrainer... others) {
    return new ProbeOptions(List.of(others), poolings, repeats, folds, controls);
  }

  /** Returns these options with other poolings. */
  public ProbeOptions poolings(Pooling... others) {
    return new ProbeOptions(trainers, List.of(others), repeats, folds, controls);
  }

  /** Returns these options with so many repeats, each with a partition and a seed of its own. */
  public ProbeOptions repeats(int count) {
    return new ProbeOptions(trainers, poolings, count, folds, controls);
  }

  /** Returns these options with cross-validation over so many folds of groups, at least 3. */
  public ProbeOptions folds(int count) {
    return new ProbeOptions(trainers, poolings, repeats, count, controls);
  }

  /** Returns these options without control task, shuffled labels and random features. */
  public ProbeOptions withoutControls() {
    return new ProbeOptions(trainers, poolings, repeats, folds, false);
  }
}
