package io.loupe.workbench.sweep;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.intervention.StackedPatch;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Gauge;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.HeadSet;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.tensor.NativeMemory;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What heads do for a metric, found by ablating them: each alone, or a set together against random
 * sets of the same size. Many ablations run in one batch, and the layers before the ablated one are
 * computed once; the numbers are those of one run per ablation.
 *
 * <p>Zero ablation takes a head out of its usual range and depends on the gauge of the weights,
 * {@link HookedTransformer#gauge}, so its results say which one; mean ablation keeps what the head
 * does on average and removes what it says about this input. Look at both.
 */
public final class HeadAblation {
  private static final String ZERO = "zero";

  private final HookedTransformer model;
  private final Metric metric;
  private final String kind;
  private final List<NDArray> replacements; // [layer]: broadcasts to the mixed values

  private HeadAblation(
      HookedTransformer model, Metric metric, String kind, List<NDArray> replacements) {
    this.model = model;
    this.metric = metric;
    this.kind = kind;
    this.replacements = replacements;
  }

  /** Ablates heads by setting their mixed values to zero. */
  public static HeadAblation zero(HookedTransformer model, Metric metric) {
    NDArray zero = NativeMemory.reachable(model.device()).zeros(new Shape(1), model.type());
    return new HeadAblation(
        model, metric, ZERO, Collections.nCopies(model.config().layers(), zero));
  }

  /** Ablates heads by setting their mixed values to their mean over all tokens of a reference. */
  public static HeadAblation mean(HookedTransformer model, Metric metric, Tokens reference) {
    try (Run run = model.run(reference, Capture.of(Sites.Z))) {
      List<NDArray> means = new ArrayList<>();
      for (int layer = 0; layer < model.config().layers(); layer++) {
        means.add(Interventions.meanOverTokens(Sites.Z.at(layer), run.cache()).tensor());
      }
      return new HeadAblation(model, metric, "mean", means);
    }
  }

  /** Ablates every head alone. */
  public HeadEffects eachHead(Tokens tokens) {
    int layers = model.config().layers();
    int heads = model.config().heads();
    double[][][] ablated = new double[layers][heads][];
    double[] baseline;
    try (Continuation base = Continuation.of(model, tokens, metric, Sites.Z)) {
      baseline = base.baseline();
      for (int layer = 0; layer < layers; layer++) {
        List<HeadSet> alone = new ArrayList<>();
        for (int index = 0; index < heads; index++) {
          alone.add(HeadSet.of(new Head(layer, index)));
        }
        ablated[layer] = inBatches(base, tokens, alone);
      }
    }
    return new HeadEffects(kind, model.gauge(), baseline, ablated);
  }

  /** Ablates the heads of a set together; returns the metric for each example, [row]. */
  public double[] together(HeadSet heads, Tokens tokens) {
    try (Continuation base = Continuation.of(model, tokens, metric, Sites.Z)) {
      return inBatches(base, tokens, List.of(heads))[0];
    }
  }

  /**
   * Compares a set with random sets of the same size, drawn from the model's other heads.
   *
   * @param draws how many random sets
   * @param seed the same seed draws the same sets
   */
  public RandomHeadControl againstRandom(HeadSet heads, Tokens tokens, int draws, long seed) {
    HeadSet others = model.config().allHeads().minus(heads);
    if (heads.isEmpty() || heads.size() > others.size() || draws < 1) {
      throw new IllegalArgumentException(
          "Random sets of %d heads cannot be drawn %d times from the %d other heads"
              .formatted(heads.size(), draws, others.size()));
    }
    List<HeadSet> sets = new ArrayList<>(List.of(heads));
    for (int draw = 0; draw < draws; draw++) {
      sets.add(others.sample(heads.size(), seed + draw));
    }
    try (Continuation base = Continuation.of(model, tokens, metric, Sites.Z)) {
      double baseline = mean(base.baseline());
      double[][] ablated = inBatches(base, tokens, sets);
      double[] effects = Arrays.stream(ablated).mapToDouble(v -> mean(v) - baseline).toArray();
      return new RandomHeadControl(
          named(kind, model.gauge()),
          heads,
          effects[0],
          Arrays.stream(effects).skip(1).boxed().toList(),
          seed);
    }
  }

  /**
   * Returns the metric, [set][row]: each set ablated in a copy of the batch, as many copies at once
   * as keep the cores busy.
   */
  private double[][] inBatches(Continuation base, Tokens tokens, List<HeadSet> sets) {
    sets.forEach(set -> set.forEach(this::check));
    int copies = Math.min(base.mostCopies(), SweepAxes.copies(tokens.batch() * tokens.length()));
    double[][] values = new double[sets.size()][];
    for (int from = 0; from < sets.size(); from += copies) {
      List<HeadSet> batch = sets.subList(from, Math.min(from + copies, sets.size()));
      double[][] ablated = oneBatch(base, batch);
      System.arraycopy(ablated, 0, values, from, ablated.length);
    }
    return values;
  }

  private double[][] oneBatch(Continuation base, List<HeadSet> sets) {
    List<StackedPatch> patches = new ArrayList<>();
    for (int layer = 0; layer < model.config().layers(); layer++) {
      List<Optional<Slice>> slices = new ArrayList<>();
      for (HeadSet set : sets) {
        int[] heads = set.inLayer(layer).toList().stream().mapToInt(Head::index).toArray();
        slices.add(heads.length == 0 ? Optional.empty() : Optional.of(Slice.at(Axis.HEAD, heads)));
      }
      if (slices.stream().anyMatch(Optional::isPresent)) {
        patches.add(new StackedPatch(Sites.Z.at(layer), replacements.get(layer), slices));
      }
    }
    int first = patches.isEmpty() ? 0 : patches.get(0).at().layer();
    return base.metric(first, 0, sets.size(), patches);
  }

  /** Names the gauge where the effects depend on it. */
  static String named(String kind, Gauge gauge) {
    return kind + " ablation" + (kind.equals(ZERO) ? " (" + gauge.label() + ")" : "");
  }

  private void check(Head head) {
    if (!model.config().allHeads().contains(head)) {
      throw new IllegalArgumentException(
          "%s does not exist: the model has layers 0 to %d with heads 0 to %d"
              .formatted(head, model.config().layers() - 1, model.config().heads() - 1));
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }
}
