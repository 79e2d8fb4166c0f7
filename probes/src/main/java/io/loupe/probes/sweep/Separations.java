package io.loupe.probes.sweep;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labels;
import io.loupe.probes.trainer.LinearMap;
import io.loupe.probes.trainer.Probe;

/** How far apart a linear probe's outputs hold examples. */
final class Separations {
  private Separations() {}

  static double[] of(Probe probe, Features features, Labels labels, int[] rows) {
    if (probe.linear().isEmpty()) {
      return new double[0];
    }
    int outputs = labels.names().size();
    double[][] directions = new double[outputs][];
    for (int o = 0; o < outputs; o++) {
      directions[o] = probe.direction(o);
    }
    LinearMap map = new LinearMap(directions, new double[outputs]);
    double[][] values = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      values[i] = map.of(features, rows[i]);
    }
    double[] separations = new double[outputs];
    for (int o = 0; o < outputs; o++) {
      separations[o] =
          labels instanceof Labels.Numbers
              ? deviation(values, o)
              : difference(values, labels, rows, o);
    }
    return separations;
  }

  private static double deviation(double[][] values, int output) {
    double sum = 0;
    double squares = 0;
    for (double[] row : values) {
      sum += row[output];
    }
    double mean = sum / values.length;
    for (double[] row : values) {
      squares += (row[output] - mean) * (row[output] - mean);
    }
    return Math.sqrt(squares / values.length);
  }

  /** Returns NaN for a class that the rows have no example of. */
  private static double difference(double[][] values, Labels labels, int[] rows, int output) {
    double[] sums = new double[2];
    int[] counts = new int[2];
    for (int i = 0; i < rows.length; i++) {
      boolean own =
          labels instanceof Labels.Classes classes
              ? classes.of()[rows[i]] == output
              : ((Labels.Tags) labels).has()[rows[i]][output];
      sums[own ? 1 : 0] += values[i][output];
      counts[own ? 1 : 0]++;
    }
    return sums[1] / counts[1] - sums[0] / counts[0];
  }
}
