package io.loupe.probes.trainer;

import io.loupe.probes.data.Labels;

/** The trainers on plain arrays; Tribuo's are made by {@code TribuoTrainers}. */
public final class Trainers {
  private Trainers() {}

  /**
   * Logistic regression of classes with an L2 penalty, on standardised features, by L-BFGS.
   *
   * @param strengths of the penalty on the mean loss, each tried; scikit-learn's {@code C} is
   *     {@code 1 / (strength * examples)}
   */
  public static ProbeTrainer logistic(double... strengths) {
    return new LogisticRegression(false, strengths);
  }

  /** Logistic regression with five strengths of the penalty, 1e-4 to 1. */
  public static ProbeTrainer logistic() {
    return logistic(1e-4, 1e-3, 1e-2, 1e-1, 1);
  }

  /** Logistic regression of each tag on its own; see {@link #logistic(double...)}. */
  public static ProbeTrainer tags(double... strengths) {
    return new LogisticRegression(true, strengths);
  }

  /** Logistic regression of each tag with five strengths of the penalty, 1e-4 to 1. */
  public static ProbeTrainer tags() {
    return tags(1e-4, 1e-3, 1e-2, 1e-1, 1);
  }

  /**
   * Ridge regression of numbers on standardised features, solved exactly.
   *
   * @param strengths of the penalty on the mean squared error, each tried; scikit-learn's {@code
   *     alpha} is {@code strength * examples}
   */
  public static ProbeTrainer ridge(double... strengths) {
    return new RidgeRegression(strengths);
  }

  /** Ridge regression with five strengths of the penalty, 1e-3 to 10. */
  public static ProbeTrainer ridge() {
    return ridge(1e-3, 1e-2, 1e-1, 1, 10);
  }

  /** The difference of two classes' means (Marks and Tegmark 2024, "mass-mean"). */
  public static ProbeTrainer massMean() {
    return new Centroids(true);
  }

  /** The class whose mean is nearest. */
  public static ProbeTrainer nearestCentroid() {
    return new Centroids(false);
  }

  /** Returns the usual trainer for labels: logistic regression, ridge regression or tags. */
  public static ProbeTrainer usual(Labels labels) {
    if (labels instanceof Labels.Numbers) {
      return ridge();
    }
    return labels instanceof Labels.Tags ? tags() : logistic();
  }
}
