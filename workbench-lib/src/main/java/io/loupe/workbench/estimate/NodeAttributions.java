package io.loupe.workbench.estimate;

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
import io.loupe.workbench.sweep.CellGrid;
import io.loupe.workbench.sweep.PatchingSweep;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The estimated effect of patching each cell of a site, for each example, with both baselines. A
 * cell is a layer and an index of each axis that was kept; effects are in the metric's unit: metric
 * with the patch minus metric of the run that is patched into.
 */
public final class NodeAttributions implements Displayable {
  private final Plan plan;
  private final double[] clean;
  private final double[] corrupted;
  private final List<double[]> effects; // [cell][row]
  private final List<Completeness> completeness;
  private final Tokens tokens;

  /** What was estimated, and the sweep that computes it exactly. */
  record Plan(
      HookedTransformer model,
      PatchingSweep sweep,
      CellGrid grid,
      Method method,
      boolean denoising) {}

  NodeAttributions(
      Plan plan,
      double[] clean,
      double[] corrupted,
      List<double[]> effects,
      List<Completeness> completeness,
      Tokens tokens) {
    this.plan = plan;
    this.clean = clean;
    this.corrupted = corrupted;
    this.effects = List.copyOf(effects);
    this.completeness = List.copyOf(completeness);
    this.tokens = tokens;
  }

  /** Returns how the run that is patched into came about. Hashes the weights. */
  public Provenance provenance() {
    return plan.model().provenance(tokens);
  }

  public Site site() {
    return plan.grid().site();
  }

  /** Returns the axes that were kept, without the layer. */
  public List<Axis> axes() {
    return plan.grid().axes();
  }

  /** Returns how the effects were estimated, e.g. {@code attribution patching}. */
  public String method() {
    return plan.method().toString();
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
   * Returns a cell's estimated effect on each example, [row].
   *
   * @param indices one for each axis that was kept
   */
  public double[] perExample(int layer, int... indices) {
    return effects.get(plan.grid().cell(layer, indices)).clone();
  }

  /** Returns a cell's estimated mean effect. */
  public double effect(int layer, int... indices) {
    return mean(effects.get(plan.grid().cell(layer, indices)));
  }

  /** Returns a 95 % bootstrap interval of a cell's estimated mean effect over examples. */
  public Interval interval(long seed, int layer, int... indices) {
    return Bootstrap.ofMean(perExample(layer, indices), 0.95, seed);
  }

  /** Returns all estimated mean effects, [layer][cell of the layer], the last axis fastest. */
  public double[][] effects() {
    int perLayer = plan.grid().perLayer();
    double[][] matrix = new double[effects.size() / perLayer][perLayer];
    for (int i = 0; i < effects.size(); i++) {
      matrix[i / perLayer][i % perLayer] = mean(effects.get(i));
    }
    return matrix;
  }

  /**
   * Returns whether attributions add up: for integrated gradients over activations one entry a
   * layer, over inputs one for the embeddings, empty for attribution patching, which promises
   * nothing.
   */
  public List<Completeness> completeness() {
    return completeness;
  }

  /**
   * Patches some cells exactly and compares.
   *
   * @param cells how many, drawn without replacement; all if there are no more
   * @param seed the same seed draws the same cells
   * @throws IllegalArgumentException if fewer than 3 are asked for
   */
  public AttributionCheck check(int cells, long seed) {
    if (cells < 3) {
      throw new IllegalArgumentException(
          "A rank correlation needs at least 3 cells, better 50; got " + cells);
    }
    List<Integer> all = new ArrayList<>(IntStream.range(0, effects.size()).boxed().toList());
    Collections.shuffle(all, new Random(seed));
    int[] drawn =
        all.stream()
            .limit(Math.min(cells, all.size()))
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    double[] base = plan.denoising() ? corrupted : clean;
    double[][] patched = plan.sweep().cells(plan.grid(), drawn);
    double[] exact = Arrays.stream(patched).mapToDouble(v -> mean(v) - mean(base)).toArray();
    double[] estimated =
        Arrays.stream(drawn).mapToDouble(cell -> mean(effects.get(cell))).toArray();
    return new AttributionCheck(
        method(), plan.grid(), effects.size(), drawn, estimated, exact, seed);
  }

  /**
   * Draws the estimated effects, one row a layer; with two axes, one row a layer and index of the
   * first.
   *
   * @throws IllegalArgumentException if there are more than two axes
   */
  public Heatmap plot() {
    return plan.grid()
        .plot(effects())
        .colorLabel("estimated change of the metric")
        .title((plan.denoising() ? "Denoising " : "Noising ") + site() + ", " + method());
  }

  /** Returns each cell's layer, indices and estimated mean effect, the largest first. */
  public Table table() {
    List<String> header = new ArrayList<>(plan.grid().header());
    header.add("estimated effect");
    Table table = Table.of(header);
    List<Integer> order = new ArrayList<>(IntStream.range(0, effects.size()).boxed().toList());
    order.sort(Comparator.comparingDouble(cell -> -Math.abs(mean(effects.get(cell)))));
    for (int cell : order) {
      List<Object> row = plan.grid().label(cell);
      row.add(mean(effects.get(cell)));
      table = table.row(row.toArray());
    }
    return table;
  }

  /** Shows the heat map, the baselines, and whether attributions add up. */
  @Override
  public MimeBundle display() {
    MimeBundle text = MimeBundle.text(toString());
    return text.and(axes().size() > 2 ? table().display() : plot().display());
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  @Override
  public String toString() {
    String sums =
        completeness.isEmpty()
            ? ""
            : completeness.stream()
                .map(Completeness::toString)
                .collect(Collectors.joining("\n  ", "\nCompleteness\n  ", ""));
    return "NodeAttributions[%s, %s %s over layers%s, %s, %d examples, metric clean %.4f, corrupted %.4f]%s"
        .formatted(
            method(),
            plan.denoising() ? "denoising" : "noising",
            site(),
            axes().isEmpty() ? "" : " and " + axes(),
            plan.model().gauge().label(),
            clean.length,
            mean(clean),
            mean(corrupted),
            sums);
  }
}
