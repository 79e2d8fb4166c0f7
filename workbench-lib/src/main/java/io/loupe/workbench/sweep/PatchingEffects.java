package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.stats.Bootstrap;
import io.loupe.workbench.stats.Interval;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What each patch of a sweep did to the metric, for each example, with both baselines. A cell is a
 * layer and an index of each axis that was swept over.
 */
public final class PatchingEffects implements Displayable {
  private final Plan plan;
  private final double[] clean;
  private final double[] corrupted;
  private final List<double[]> patched; // [cell][row]
  private final Tokens tokens;

  /** What was swept. */
  record Plan(HookedTransformer model, CellGrid grid, boolean denoising) {}

  PatchingEffects(
      Plan plan, double[] clean, double[] corrupted, List<double[]> patched, Tokens tokens) {
    this.plan = plan;
    this.clean = clean;
    this.corrupted = corrupted;
    this.patched = List.copyOf(patched);
    this.tokens = tokens;
  }

  /** Returns how the run that was patched into came about. Hashes the weights. */
  public Provenance provenance() {
    return plan.model().provenance(tokens);
  }

  public Site site() {
    return plan.grid().site();
  }

  /** Returns the axes that were swept over, without the layer. */
  public List<Axis> axes() {
    return plan.grid().axes();
  }

  /** Returns the metric of the clean run, [row]. */
  public double[] clean() {
    return clean.clone();
  }

  /** Returns the metric of the corrupted run, [row]. */
  public double[] corrupted() {
    return corrupted.clone();
  }

  /**
   * Returns the metric of each example with one cell patched, [row].
   *
   * @param indices one for each axis that was swept over
   */
  public double[] perExample(int layer, int... indices) {
    return patched.get(plan.grid().cell(layer, indices)).clone();
  }

  /**
   * Returns the mean effect of a cell: metric with the patch minus metric of the run that was
   * patched into, in the metric's unit.
   */
  public double effect(int layer, int... indices) {
    return Arrays.stream(differences(plan.grid().cell(layer, indices))).average().orElseThrow();
  }

  /** Returns a 95 % bootstrap interval of a cell's mean effect over examples. */
  public Interval interval(long seed, int layer, int... indices) {
    return Bootstrap.ofMean(differences(plan.grid().cell(layer, indices)), 0.95, seed);
  }

  /**
   * Returns the mean effect of a cell as a share of the difference between the two runs' means: in
   * denoising 1 is the clean behaviour brought back; in noising -1 is the corrupted one reached.
   *
   * @throws IllegalArgumentException if the two runs have the same mean metric
   */
  public double normalised(int layer, int... indices) {
    return effect(layer, indices) / gap();
  }

  private double gap() {
    double gap = mean(clean) - mean(corrupted);
    if (gap == 0) {
      throw new IllegalArgumentException(
          "Clean and corrupted runs have the same mean metric, %s: there is nothing to normalise by; read effect(...)"
              .formatted(mean(clean)));
    }
    return gap;
  }

  /** Returns all mean effects, [layer][cell of the layer], the last axis running fastest. */
  public double[][] effects() {
    int perLayer = plan.grid().perLayer();
    double[][] effects = new double[patched.size() / perLayer][perLayer];
    for (int i = 0; i < patched.size(); i++) {
      effects[i / perLayer][i % perLayer] = Arrays.stream(differences(i)).average().orElseThrow();
    }
    return effects;
  }

  /** Returns all normalised effects, [layer][cell of the layer]; see {@link #normalised}. */
  public double[][] normalised() {
    double gap = gap();
    return Arrays.stream(effects())
        .map(row -> Arrays.stream(row).map(effect -> effect / gap).toArray())
        .toArray(double[][]::new);
  }

  /**
   * Draws the normalised effects, one row a layer; with two axes, one row a layer and index of the
   * first.
   *
   * @throws IllegalArgumentException if there are more than two axes
   */
  public Heatmap plot() {
    return plan.grid()
        .plot(normalised())
        .colorLabel("share of clean - corrupted")
        .title((plan.denoising() ? "Denoising " : "Noising ") + site());
  }

  /** Shows the heat map and both baselines. */
  @Override
  public MimeBundle display() {
    return axes().size() > 2
        ? table().display()
        : plot().display().and(MimeBundle.text(toString()));
  }

  /** Returns each cell's layer, indices, mean effect and normalised effect. */
  public Table table() {
    List<String> header = new ArrayList<>(plan.grid().header());
    header.addAll(List.of("effect", "share"));
    Table table = Table.of(header);
    double gap = gap();
    for (int i = 0; i < patched.size(); i++) {
      List<Object> row = plan.grid().label(i);
      double effect = Arrays.stream(differences(i)).average().orElseThrow();
      row.add(effect);
      row.add(effect / gap);
      table = table.row(row.toArray());
    }
    return table;
  }

  private double[] differences(int cell) {
    double[] baseline = plan.denoising() ? corrupted : clean;
    double[] values = patched.get(cell);
    return IntStream.range(0, values.length).mapToDouble(i -> values[i] - baseline[i]).toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  @Override
  public String toString() {
    return "PatchingEffects[%s %s over layers%s, %s, %d examples, metric clean %.4f, corrupted %.4f]"
        .formatted(
            plan.denoising() ? "denoising" : "noising",
            site(),
            axes().isEmpty() ? "" : " and " + axes(),
            plan.model().gauge().label(),
            clean.length,
            mean(clean),
            mean(corrupted));
  }
}
