package io.loupe.probes.attention;

import io.loupe.workbench.stats.Auroc;

/**
 * The simplest detector: one feature of one head, as it is, up or down.
 *
 * @param column its column
 * @param name its name, such as {@code L3H1 entropy}
 * @param up whether larger values speak for the positive class
 * @param trainAuroc its area on the examples on which it was chosen among all columns
 * @param test its scores on the test examples
 */
public record SingleFeature(int column, String name, boolean up, double trainAuroc, Scored test) {

  /** Returns the column that tells the classes apart best on some examples, of equals the first. */
  static SingleFeature best(AttentionFeatures features, int[] train, int[] test) {
    boolean[] positive = AttentionDetector.positive(features.labelled());
    boolean[] own = AttentionDetector.at(positive, train);
    int best = 0;
    double area = Double.NaN;
    for (int column = 0; column < features.values().columns(); column++) {
      double next = Auroc.of(AttentionDetector.at(features.column(column), train), own);
      if (column == 0 || Math.abs(next - 0.5) > Math.abs(area - 0.5)) {
        best = column;
        area = next;
      }
    }
    boolean up = area >= 0.5;
    double[] values = AttentionDetector.at(features.column(best), test);
    for (int i = 0; i < values.length; i++) {
      values[i] = up ? values[i] : -values[i];
    }
    return new SingleFeature(
        best,
        features.names().get(best),
        up,
        up ? area : 1 - area,
        AttentionDetector.scored(features.labelled(), test, values));
  }

  @Override
  public String toString() {
    return "%s, %s, AUROC %.3f where it was chosen, %.3f on %d test examples"
        .formatted(name, up ? "large" : "small", trainAuroc, test.auroc(), test.scores().length);
  }
}
