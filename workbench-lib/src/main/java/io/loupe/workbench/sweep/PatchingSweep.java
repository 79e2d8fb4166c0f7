package io.loupe.workbench.sweep;

import ai.djl.ndarray.NDArray;
import io.loupe.workbench.intervention.StackedPatch;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Activation patching (Vig et al. 2020; Meng et al. 2022; Heimersheim and Nanda 2024): activations
 * of one run written into another, one place at a time, to see which of them carry what makes the
 * two runs differ. The numbers are those of one full forward pass for each patch; see {@link
 * Continuation} for what is not computed again.
 */
public final class PatchingSweep {
  private final HookedTransformer model;
  private final Tokens source;
  private final Tokens target;
  private final Metric metric;
  private final boolean denoising;

  private PatchingSweep(
      HookedTransformer model, Tokens source, Tokens target, Metric metric, boolean denoising) {
    this.model = model;
    this.source = source;
    this.target = target;
    this.metric = metric;
    this.denoising = denoising;
    checkAligned();
  }

  /**
   * Writes activations of the clean run into the corrupted one: which of them suffice to bring the
   * clean behaviour back.
   *
   * @param clean prompts
   * @param corrupted as many prompts, each as long as its clean one and padded as it is
   */
  public static PatchingSweep denoising(
      HookedTransformer model, Tokens clean, Tokens corrupted, Metric metric) {
    return new PatchingSweep(model, clean, corrupted, metric, true);
  }

  /**
   * Writes activations of the corrupted run into the clean one: which of them are needed for the
   * clean behaviour.
   */
  public static PatchingSweep noising(
      HookedTransformer model, Tokens clean, Tokens corrupted, Metric metric) {
    return new PatchingSweep(model, corrupted, clean, metric, false);
  }

  /**
   * Patches a site in every layer, at every index of the axes (each combination by itself); with no
   * axes, the whole activation.
   *
   * @param axes of the site, positions counted over each row's own tokens: {@code over(RESID_PRE,
   *     POS)}, {@code over(Z, HEAD)}, {@code over(Z, HEAD, POS)}, {@code over(PATTERN, HEAD)}
   * @throws IllegalArgumentException before anything is run, if the model has no such site, the
   *     site no such axis, or the axis cannot be swept over
   */
  public PatchingEffects over(Site site, Axis... axes) {
    CellGrid grid = new CellGrid(model, site, List.of(axes), target);
    int[] all = IntStream.range(0, grid.size()).toArray();
    double[] sourceMetric;
    try (Run donor = model.run(source, Capture.of(site));
        Continuation base = Continuation.of(model, target, metric, site)) {
      sourceMetric = metric.perExample(donor);
      double[][] values = cells(grid, all, donor.cache(), base);
      double[] targetMetric = base.baseline();
      return new PatchingEffects(
          new PatchingEffects.Plan(model, grid, denoising),
          denoising ? sourceMetric : targetMetric,
          denoising ? targetMetric : sourceMetric,
          List.of(values),
          target);
    }
  }

  /**
   * Patches some cells only, each by itself.
   *
   * @param cells numbers of cells, see {@link CellGrid#cell}
   * @return the metric, [cell][row]
   */
  public double[][] cells(CellGrid grid, int... cells) {
    try (Run donor = model.run(source, Capture.of(grid.site()));
        Continuation base = Continuation.of(model, target, metric, grid.site())) {
      return cells(grid, cells, donor.cache(), base);
    }
  }

  private double[][] cells(CellGrid grid, int[] cells, ActivationCache donor, Continuation base) {
    double[][] values = new double[cells.length][];
    for (int layer = 0; layer < model.config().layers(); layer++) {
      int own = layer;
      int[] places =
          IntStream.range(0, cells.length).filter(i -> grid.layer(cells[i]) == own).toArray();
      if (places.length > 0) {
        HookPoint point = grid.site().at(layer);
        List<Slice> slices = Arrays.stream(places).mapToObj(i -> grid.slice(cells[i])).toList();
        List<double[]> patched = patched(base, point, donor.get(point), slices);
        for (int i = 0; i < places.length; i++) {
          values[places[i]] = patched.get(i);
        }
      }
    }
    return values;
  }

  /**
   * Returns the metric of each slice's patch, [slice][row]. Slices that change the same columns go
   * together, since a pass begins at the first column that any of its copies changes.
   */
  private List<double[]> patched(
      Continuation base, HookPoint point, NDArray donor, List<Slice> slices) {
    int[] columns = new int[slices.size()]; // the first that a slice changes
    for (int i = 0; i < columns.length; i++) {
      columns[i] = base.skipsColumns() ? SweepAxes.firstColumn(slices.get(i), target) : 0;
    }
    List<Integer> order =
        IntStream.range(0, columns.length)
            .boxed()
            .sorted(Comparator.comparingInt(i -> columns[i]))
            .toList();
    double[][] values = new double[slices.size()][];
    int next = 0;
    while (next < order.size()) {
      int column = columns[order.get(next)];
      int wanted = SweepAxes.copies(target.batch() * (target.length() - column));
      int copies = Math.min(Math.min(wanted, base.mostCopies()), order.size() - next);
      List<Integer> batch = order.subList(next, next + copies);
      StackedPatch patch =
          new StackedPatch(
              point, donor, batch.stream().map(i -> Optional.of(slices.get(i))).toList());
      double[][] metrics = base.metric(point.layer(), column, copies, List.of(patch));
      for (int copy = 0; copy < copies; copy++) {
        values[batch.get(copy)] = metrics[copy];
      }
      next += copies;
    }
    return List.of(values);
  }

  private void checkAligned() {
    if (!source.isAlignedWith(target)) {
      throw new IllegalArgumentException(
          "Patching needs clean and corrupted prompts in pairs of equal length, padded alike; got %s and %s. Choose corruptions with as many tokens, or patch spans by hand: model.with(patch(...))"
              .formatted(source, target));
    }
  }
}
