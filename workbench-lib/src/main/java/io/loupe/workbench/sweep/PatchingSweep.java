package io.loupe.workbench.sweep;

import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.Continuation;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.text.Tokens;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Activation patching (Vig et al. 2020; Meng et al. 2022; Heimersheim and Nanda 2024): activations
 * of one run written into another, one place at a time, to see which of them carry what makes the
 * two runs differ. The numbers are those of one full forward pass for each patch; see {@link
 * Continuation} for what is not computed again.
 */
public final class PatchingSweep extends CellSweep<PatchingSweep> {
  private final HookedTransformer model;
  private final Tokens source;
  private final Tokens target;
  private final Metric metric;
  private final boolean denoising;

  private PatchingSweep(
      HookedTransformer model,
      Tokens source,
      Tokens target,
      Metric metric,
      boolean denoising,
      SweepOptions options) {
    super(options);
    this.model = model;
    this.source = source;
    this.target = target;
    this.metric = metric;
    this.denoising = denoising;
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
    return new PatchingSweep(model, clean, corrupted, metric, true, SweepOptions.DEFAULT).checked();
  }

  /**
   * Writes activations of the corrupted run into the clean one: which of them are needed for the
   * clean behaviour.
   */
  public static PatchingSweep noising(
      HookedTransformer model, Tokens clean, Tokens corrupted, Metric metric) {
    return new PatchingSweep(model, corrupted, clean, metric, false, SweepOptions.DEFAULT)
        .checked();
  }

  @Override
  PatchingSweep with(SweepOptions changed) {
    return new PatchingSweep(model, source, target, metric, denoising, changed);
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
    RunDonors donors = new RunDonors(model, source, metric);
    CellRunner.Outcome outcome = run(grid, IntStream.range(0, grid.size()).toArray(), donors);
    return new PatchingEffects(
        new PatchingEffects.Plan(model, grid, denoising),
        denoising ? donors.metric() : outcome.baseline(),
        denoising ? outcome.baseline() : donors.metric(),
        outcome.values(),
        target);
  }

  /**
   * Patches some cells only, each by itself.
   *
   * @param cells numbers of cells, see {@link CellGrid#cell}
   * @return the metric, [cell][row]
   */
  public double[][] cells(CellGrid grid, int... cells) {
    return run(grid, cells, new RunDonors(model, source, metric)).values().toArray(double[][]::new);
  }

  private CellRunner.Outcome run(CellGrid grid, int[] numbers, RunDonors donors) {
    List<Cell> cells =
        Arrays.stream(numbers)
            .mapToObj(n -> Cell.of(grid.site().at(grid.layer(n)), grid.slice(n)))
            .toList();
    Map<String, String> parts = identity();
    parts.put("site", grid.site().toString());
    parts.put("axes", grid.axes().toString());
    if (numbers.length < grid.size()) {
      parts.put("cells", Arrays.toString(numbers));
    }
    String name =
        (denoising ? "denoising " : "noising ")
            + grid.site()
            + (grid.axes().isEmpty() ? "" : " over " + grid.axes());
    return new CellRunner(model, target, metric, donors, options())
        .run(new SweepIdentity(name, parts), cells);
  }

  /**
   * Patches sets of units, each set in a copy of the batch: what growth curves ask for.
   *
   * @return the metric of the run that is patched into, and of each set
   */
  CellRunner.Outcome sets(String name, List<List<Unit>> sets) {
    Map<String, String> parts = identity();
    parts.put("sets", sets.toString());
    return new CellRunner(model, target, metric, new RunDonors(model, source, metric), options())
        .run(new SweepIdentity(name, parts), sets.stream().map(Unit::cell).toList());
  }

  private Map<String, String> identity() {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("patched from", SweepIdentity.words(source));
    return parts;
  }

  HookedTransformer model() {
    return model;
  }

  /** Returns the prompts that are patched into. */
  Tokens target() {
    return target;
  }

  boolean isDenoising() {
    return denoising;
  }

  private PatchingSweep checked() {
    if (!source.isAlignedWith(target)) {
      throw new IllegalArgumentException(
          "Patching needs clean and corrupted prompts in pairs of equal length, padded alike; got %s and %s. Choose corruptions with as many tokens, or patch spans by hand: model.with(patch(...))"
              .formatted(source, target));
    }
    return this;
  }
}
