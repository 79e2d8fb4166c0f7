package io.loupe.probes.testing;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Features with a class along one known direction, and along another one a confound that agrees
 * with the class more or less often.
 */
public final class Planted {
  public static final int COLUMNS = 20;

  private final Features features;
  private final Labels.Classes labels;
  private final int[] confound;

  private Planted(Features features, Labels.Classes labels, int[] confound) {
    this.features = features;
    this.labels = labels;
    this.confound = confound;
  }

  /**
   * Draws examples: normal noise of deviation 1, the class at ±2 along {@link #direction}, the
   * confound at ±3 along {@link #confounding}; feature 19 is large and far from zero.
   *
   * @param agreement how often the confound has the class's sign; one half is independence
   */
  public static Planted draw(int examples, double agreement, long seed) {
    Random random = new Random(seed);
    double[] direction = direction();
    double[] confounding = confounding();
    double[][] rows = new double[examples][COLUMNS];
    int[] classes = new int[examples];
    int[] confound = new int[examples];
    for (int i = 0; i < examples; i++) {
      classes[i] = random.nextInt(2);
      confound[i] = random.nextDouble() < agreement ? classes[i] : 1 - classes[i];
      for (int j = 0; j < COLUMNS; j++) {
        rows[i][j] =
            random.nextGaussian()
                + 2 * (2 * classes[i] - 1) * direction[j]
                + 3 * (2 * confound[i] - 1) * confounding[j];
      }
      rows[i][COLUMNS - 1] = 40 + 5 * rows[i][COLUMNS - 1];
    }
    return new Planted(
        Features.of(rows), new Labels.Classes(List.of("no", "yes"), classes), confound);
  }

  /** Returns the class's direction, of length 1: features 0 to 8 in turn up and down. */
  public static double[] direction() {
    double[] direction = new double[COLUMNS];
    for (int j = 0; j < 9; j++) {
      direction[j] = (j % 2 == 0 ? 1 : -1) / 3.0;
    }
    return direction;
  }

  /** Returns the confound's direction, of length 1: features 9 to 12. */
  public static double[] confounding() {
    double[] direction = new double[COLUMNS];
    for (int j = 9; j < 13; j++) {
      direction[j] = 0.5;
    }
    return direction;
  }

  public Features features() {
    return features;
  }

  public Labels.Classes labels() {
    return labels;
  }

  /** Returns labels with the confound as the class. */
  public Labels.Classes confound() {
    return new Labels.Classes(List.of("no", "yes"), confound);
  }

  /** Returns the labels with groups of two neighbours, and 500 types that say nothing. */
  public Labelled labelled() {
    List<String> groups = new ArrayList<>();
    List<String> types = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      groups.add("group " + i / 2);
      types.add("type " + i % 500);
    }
    return new Labelled("planted", labels, groups, types, List.of());
  }

  public static double cosine(double[] a, double[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }
}
