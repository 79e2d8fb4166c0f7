package io.loupe.probes.causal;

import io.loupe.probes.data.Features;
import io.loupe.probes.data.Labelled;
import io.loupe.probes.data.Labels;
import io.loupe.probes.data.Origin;
import io.loupe.probes.sweep.ProbeOptions;
import io.loupe.probes.sweep.ProbeSweep;
import io.loupe.probes.sweep.Trial;
import io.loupe.probes.trainer.ProbeTrainer;
import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.plot.LineChart;
import io.loupe.workbench.plot.Plots;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Slice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Iterative nullspace projection (Ravfogel et al. 2020): a linear probe is trained, its directions
 * are projected out of the features, and so on, until a new probe does no better on the validation
 * examples than a constant one. What was taken out is all that such probes could read. Immutable.
 */
public final class NullspaceProjection implements Displayable {
  /** A direction is new if more than this share of its length is outside of those before. */
  private static final double LEAST_SHARE = 1e-6;

  private final String measure;
  private final List<double[]> basis; // orthonormal
  private final List<Step> steps;

  /**
   * A probe trained after some directions were taken out.
   *
   * @param removed how many directions
   * @param score on the test examples
   * @param majority that of a constant prediction
   */
  public record Step(int removed, double score, double majority) {}

  private NullspaceProjection(String measure, List<double[]> basis, List<Step> steps) {
    this.measure = measure;
    this.basis = List.copyOf(basis);
    this.steps = List.copyOf(steps);
  }

  /**
   * Takes out what linear probes read.
   *
   * @param trainer of linear probes
   * @param most probes that are trained, at least 1
   * @param seed of partition and training
   * @throws IllegalArgumentException if the probe is not linear, or labels cannot be learnt
   */
  public static NullspaceProjection of(
      Features features, Labelled labelled, ProbeTrainer trainer, int most, long seed) {
    if (most < 1) {
      throw new IllegalArgumentException("Expected at least one probe, got " + most);
    }
    ProbeOptions options = ProbeOptions.usual().repeats(1).withoutControls().trainers(trainer);
    Origin origin = Origin.given(labelled.name(), "null space");
    List<double[]> basis = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    Features left = features;
    String measure = "";
    for (int i = 0; i < most; i++) {
      Trial trial = ProbeSweep.train(left, labelled, origin, options, seed).first();
      measure = trial.test().measure();
      steps.add(new Step(basis.size(), trial.test().value(), trial.majority().value()));
      if (i > 0 && !beatsConstant(trial, labelled.labels())) {
        break;
      }
      int before = basis.size();
      for (int output = 0; output < labelled.labels().names().size(); output++) {
        extend(basis, trial.probe().direction(output));
      }
      if (basis.size() == before) {
        break; // nothing new to take out
      }
      left = projected(features, basis);
    }
    return new NullspaceProjection(measure, basis, steps);
  }

  /** Tells whether a probe does better on validation examples than the most frequent class. */
  private static boolean beatsConstant(Trial trial, Labels labels) {
    if (labels instanceof Labels.Classes classes) {
      int[] counts = classes.counts(trial.partition().validation());
      double share =
          Arrays.stream(counts).max().orElseThrow()
              / (double) trial.partition().validation().length;
      return trial.validation().value() > share;
    }
    return trial.validation().value() > trial.majority().value();
  }

  /** Adds what of a direction is outside of the basis, if there is any. */
  private static void extend(List<double[]> basis, double[] direction) {
    double[] rest = direction.clone();
    double length = Math.sqrt(dot(rest, rest));
    for (int twice = 0; twice < 2; twice++) { // once leaves rounding errors
      for (double[] own : basis) {
        double part = dot(own, rest);
        for (int j = 0; j < rest.length; j++) {
          rest[j] -= part * own[j];
        }
      }
    }
    double left = Math.sqrt(dot(rest, rest));
    if (length > 0 && left > LEAST_SHARE * length) {
      basis.add(Arrays.stream(rest).map(x -> x / left).toArray());
    }
  }

  private static Features projected(Features features, List<double[]> basis) {
    int columns = features.columns();
    float[] values = features.values().clone();
    double[] row = new double[columns];
    for (int first = 0; first < values.length; first += columns) {
      for (int j = 0; j < columns; j++) {
        row[j] = values[first + j];
      }
      for (double[] own : basis) {
        double part = dot(own, row);
        for (int j = 0; j < columns; j++) {
          row[j] -= part * own[j];
        }
      }
      for (int j = 0; j < columns; j++) {
        values[first + j] = (float) row[j];
      }
    }
    return Features.of(values, columns);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Returns the directions that were taken out, orthonormal; [direction][feature]. */
  public float[][] directions() {
    float[][] directions = new float[basis.size()][];
    for (int i = 0; i < directions.length; i++) {
      double[] own = basis.get(i);
      directions[i] = new float[own.length];
      for (int j = 0; j < own.length; j++) {
        directions[i][j] = (float) own[j];
      }
    }
    return directions;
  }

  /** Returns features without the directions. */
  public Features project(Features features) {
    if (features.columns() != basis.get(0).length) {
      throw new IllegalArgumentException(
          "The directions have %d entries, these features %d"
              .formatted(basis.get(0).length, features.columns()));
    }
    return projected(features, basis);
  }

  /** Takes the directions out of a model's activations. */
  public Intervention intervention(HookPoint at, Slice slice) {
    return Interventions.projectOut(at, slice, directions());
  }

  /** Returns the probes that were trained, the first on features as they are. */
  public List<Step> steps() {
    return steps;
  }

  /** Returns each probe's score. */
  public Table table() {
    Table table = Table.of("directions removed", measure, "majority");
    for (Step step : steps) {
      table = table.row(step.removed, step.score, step.majority);
    }
    return table;
  }

  /** Draws the score over the number of directions that were taken out. */
  public LineChart plot() {
    double[] x = steps.stream().mapToDouble(Step::removed).toArray();
    return Plots.lines()
        .series("probe", x, steps.stream().mapToDouble(Step::score).toArray())
        .series("majority", x, steps.stream().mapToDouble(Step::majority).toArray())
        .xLabel("directions removed")
        .yLabel(measure + " of a new probe")
        .title("Iterative nullspace projection");
  }

  @Override
  public MimeBundle display() {
    return plot().display().and(table().display()).and(MimeBundle.text(toString()));
  }

  @Override
  public String toString() {
    Step first = steps.get(0);
    Step last = steps.get(steps.size() - 1);
    return "Null space projection: %d directions removed, %s %.3f to %.3f (majority %.3f)"
        .formatted(last.removed, measure, first.score, last.score, last.majority);
  }
}
