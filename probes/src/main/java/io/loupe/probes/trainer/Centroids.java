package io.loupe.probes.trainer;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labels;
import java.util.Arrays;
import java.util.List;

/**
 * Probes that only take means. {@code mass-mean} (Marks and Tegmark 2024): the difference of two
 * classes' means as the direction, the point between them as the threshold. {@code nearest
 * centroid}: the class whose mean is nearest. Nothing is standardised or tuned.
 */
final class Centroids implements ProbeTrainer {
  private final boolean massMean;

  Centroids(boolean massMean) {
    this.massMean = massMean;
  }

  @Override
  public String name() {
    return massMean ? "mass-mean" : "nearest centroid";
  }

  @Override
  public List<String> settings() {
    return List.of("-");
  }

  @Override
  public void check(Labels labels) {
    ProbeTrainer.requireClasses(labels, name());
    if (massMean && labels.names().size() != 2) {
      throw new IllegalArgumentException(
          "A mass-mean probe tells two classes apart, got %s; Trainers.nearestCentroid() takes more"
              .formatted(labels.names()));
    }
  }

  @Override
  public List<Probe> train(TrainingSet set) {
    check(set.labels());
    Labels.Classes classes = (Labels.Classes) set.labels();
    double[][] means = means(set.features(), classes, set.rows());
    int columns = set.features().columns();
    int count = classes.names().size();
    if (massMean) {
      double[] direction = new double[columns];
      double threshold = 0;
      for (int i = 0; i < columns; i++) {
        direction[i] = means[1][i] - means[0][i];
        threshold += direction[i] * (means[1][i] + means[0][i]) / 2;
      }
      LinearMap map =
          new LinearMap(
              new double[][] {new double[columns], direction}, new double[] {0, -threshold});
      return List.of(new LinearProbe(map, Probe.Output.MARGINS));
    }
    // - |x - m|^2 / 2 without |x|^2, which all classes share
    double[] bias = new double[count];
    for (int c = 0; c < count; c++) {
      bias[c] =
          Double.isNaN(means[c][0]) ? -1e30 : -Arrays.stream(means[c]).map(x -> x * x).sum() / 2;
      if (Double.isNaN(means[c][0])) {
        Arrays.fill(means[c], 0);
      }
    }
    return List.of(new LinearProbe(new LinearMap(means, bias), Probe.Output.MARGINS));
  }

  /** Returns each class's mean, NaN for one without examples; [class][feature]. */
  private static double[][] means(Features features, Labels.Classes classes, int[] rows) {
    double[][] means = new double[classes.names().size()][features.columns()];
    int[] counts = classes.counts(rows);
    for (int row : rows) {
      double[] own = means[classes.of()[row]];
      for (int i = 0; i < own.length; i++) {
        own[i] += features.at(row, i);
      }
    }
    for (int c = 0; c < means.length; c++) {
      for (int i = 0; i < means[c].length; i++) {
        means[c][i] = counts[c] == 0 ? Double.NaN : means[c][i] / counts[c];
      }
    }
    return means;
  }
}
