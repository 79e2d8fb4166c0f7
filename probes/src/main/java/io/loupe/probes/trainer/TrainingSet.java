package io.loupe.probes.trainer;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import org.jspecify.annotations.Nullable;

/**
 * What a probe is trained on: some rows of features with labels. Standardised features are made
 * once, and shared with {@link #with} by sets that differ in their labels. Close the first one.
 */
public final class TrainingSet implements AutoCloseable {
  private final Features features;
  private final Labels labels;
  private final int[] rows;
  private final long seed;
  private final Origin origin;
  private final Shared shared;

  private static final class Shared {
    private @Nullable Standardised standardised;
  }

  private TrainingSet(
      Features features, Labels labels, int[] rows, long seed, Origin origin, Shared shared) {
    this.features = features;
    this.labels = labels;
    this.rows = rows;
    this.seed = seed;
    this.origin = origin;
    this.shared = shared;
  }

  /**
   * Makes a set.
   *
   * @param features of all examples
   * @param labels of all examples
   * @param rows the examples to train on; kept, not copied
   * @param seed for what is random in training
   * @throws IllegalArgumentException if features and labels differ in number, a feature is not
   *     finite, or there is nothing to learn
   */
  public static TrainingSet of(
      Features features, Labels labels, int[] rows, long seed, Origin origin) {
    if (features.rows() != labels.size()) {
      throw new IllegalArgumentException(
          "Labels are not aligned to features: %d labels, %d rows of features"
              .formatted(labels.size(), features.rows()));
    }
    labels.requireLearnable(rows, "training");
    for (int row : rows) {
      for (int i = 0; i < features.columns(); i++) {
        if (!Float.isFinite(features.at(row, i))) {
          features.requireFinite(origin.place());
        }
      }
    }
    return new TrainingSet(features, labels, rows, seed, origin, new Shared());
  }

  /** Returns the same features with other labels, such as those of a control task. */
  public TrainingSet with(Labels others) {
    others.requireLearnable(rows, "training");
    return new TrainingSet(features, others, rows, seed, origin, shared);
  }

  /** Returns the features of all examples. */
  public Features features() {
    return features;
  }

  /** Returns the labels of all examples. */
  public Labels labels() {
    return labels;
  }

  /** Returns the examples to train on. */
  public int[] rows() {
    return rows;
  }

  public long seed() {
    return seed;
  }

  /** Returns where the features come from. */
  public Origin origin() {
    return origin;
  }

  /** Returns the training rows, standardised; belongs to this set. */
  public Standardised standardised() {
    Standardised made = shared.standardised;
    if (made == null) {
      made = Standardised.of(features, rows);
      shared.standardised = made;
    }
    return made;
  }

  /** Frees the standardised features, of all sets that share them. */
  @Override
  public void close() {
    Standardised made = shared.standardised;
    if (made != null) {
      made.close();
      shared.standardised = null;
    }
  }
}
