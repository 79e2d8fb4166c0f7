package io.loupe.probes.trainer;

import io.loupe.probes.data.Labels;
import java.util.List;

/**
 * A way to train probes, with the hyper-parameters that are tried; a sweep chooses among them on
 * the validation examples. Open: a notebook may implement its own.
 */
public interface ProbeTrainer {
  /** Returns its name, such as {@code logistic regression}. */
  String name();

  /** Returns what is tried, in words, such as {@code L2 0.01}; at least one. */
  List<String> settings();

  /**
   * Refuses labels that it cannot learn; called before anything is run or trained.
   *
   * @throws IllegalArgumentException saying which labels it takes and which trainers take these
   */
  void check(Labels labels);

  /**
   * Trains one probe for each setting.
   *
   * @return as many as there are settings, in their order
   */
  List<Probe> train(TrainingSet set);

  /** Trains the probe of one setting. */
  default Probe train(TrainingSet set, int setting) {
    return train(set).get(setting);
  }

  /** Refuses all but classes. */
  static void requireClasses(Labels labels, String trainer) {
    if (!(labels instanceof Labels.Classes)) {
      throw new IllegalArgumentException(
          "%s learns classes, got %s; numbers are for Trainers.ridge(), tags for Trainers.tags()"
              .formatted(trainer, kind(labels)));
    }
  }

  /** Refuses all but numbers. */
  static void requireNumbers(Labels labels, String trainer) {
    if (!(labels instanceof Labels.Numbers)) {
      throw new IllegalArgumentException(
          "%s learns numbers, got %s; classes are for Trainers.logistic(), tags for Trainers.tags()"
              .formatted(trainer, kind(labels)));
    }
  }

  /** Refuses all but tags. */
  static void requireTags(Labels labels, String trainer) {
    if (!(labels instanceof Labels.Tags)) {
      throw new IllegalArgumentException(
          "%s learns tags, got %s; classes are for Trainers.logistic(), numbers for Trainers.ridge()"
              .formatted(trainer, kind(labels)));
    }
  }

  private static String kind(Labels labels) {
    return labels instanceof Labels.Classes
        ? "classes"
        : labels instanceof Labels.Numbers ? "numbers" : "tags";
  }
}
