package io.loupe.workbench.sweep;

import io.loupe.workbench.display.Displayable;
import io.loupe.workbench.display.MimeBundle;
import io.loupe.workbench.display.Table;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Provenance;
import io.loupe.workbench.plot.Heatmap;
import io.loupe.workbench.plot.Plots;
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
  record Plan(
      HookedTransformer model, Site site, List<Axis> axes, int[] sizes, boolean denoising) {}

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
    return plan.site();
  }

  /** Returns the axes that were swept over, without the layer. */
  public List<Axis> axes() {
    return plan.axes();
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
    return patched.get(cell(layer, indices)).clone();
  }

  /**
   * Returns the mean effect of a cell: metric with the patch minus metric of the run that was
   * patched into, in the metric's unit.
   */
  public double effect(int layer, int... indices) {
    return Arrays.stream(differences(cell(layer, indices))).average().orElseThrow();
  }

  /** Returns a 95 % bootstrap interval of a cell's mean effect over examples. */
  public Interval interval(long seed, int layer, int... indices) {
    return Bootstrap.ofMean(differences(cell(layer, indices)), 0.95, seed);
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
    int perLayer = perLayer();
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
    if (plan.axes().size() > 2) {
      throw new IllegalArgumentException(
          "%d axes do not fit a heat map; read effects()".formatted(plan.axes().size()));
    }
    double[][] values = normalised();
    List<String> rows = new ArrayList<>();
    int columns = plan.axes().isEmpty() ? 1 : plan.sizes()[plan.sizes().length - 1];
    List<double[]> lines = new ArrayList<>();
    for (int layer = 0; layer < values.length; layer++) {
      for (int from = 0; from < values[layer].length; from += columns) {
        lines.add(Arrays.copyOfRange(values[layer], from, from + columns));
        rows.add(plan.axes().size() < 2 ? "L" + layer : "L" + layer + "." + from / columns);
      }
    }
    return Plots.heatmap(lines.toArray(double[][]::new))
        .rows(rows)
        .columns(columnLabels(columns))
        .diverging()
        .yLabel(plan.axes().size() < 2 ? "layer" : "layer." + name(plan.axes().get(0)))
        .xLabel(plan.axes().isEmpty() ? "" : name(plan.axes().get(plan.axes().size() - 1)))
        .colorLabel("share of clean - corrupted")
        .title((plan.denoising() ? "Denoising " : "Noising ") + plan.site());
  }

  private List<String> columnLabels(int columns) {
    if (plan.axes().isEmpty()) {
      return List.of("all");
    }
    Axis last = plan.axes().get(plan.axes().size() - 1);
    if (last.isPosition() && plan.model().hasTokenizer()) {
      return plan.model().labels(tokens, 0);
    }
    return IntStream.range(0, columns).mapToObj(Integer::toString).toList();
  }

  private static String name(Axis axis) {
    return switch (axis) {
      case POS -> "position";
      case QUERY_POS -> "query position";
      case KEY_POS -> "key position";
      case HEAD -> "head";
      case KV_HEAD -> "key/value head";
      default -> axis.name();
    };
  }

  /** Shows the heat map and both baselines. */
  @Override
  public MimeBundle display() {
    return plan.axes().size() > 2
        ? table().display()
        : plot().display().and(MimeBundle.text(toString()));
  }

  /** Returns each cell's layer, indices, mean effect and normalised effect. */
  public Table table() {
    List<String> header = new ArrayList<>(List.of("layer"));
    plan.axes().forEach(axis -> header.add(name(axis)));
    header.addAll(List.of("effect", "share"));
    Table table = Table.of(header);
    double gap = gap();
    for (int i = 0; i < patched.size(); i++) {
      List<Object> row = new ArrayList<>(List.of(i / perLayer()));
      int rest = i % perLayer();
      for (int axis = 0; axis < plan.sizes().length; axis++) {
        int inner = 1;
        for (int later = axis + 1; later < plan.sizes().length; later++) {
          inner *= plan.sizes()[later];
        }
        row.add(rest / inner);
        rest %= inner;
      }
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

  private int perLayer() {
    return Arrays.stream(plan.sizes()).reduce(1, (a, b) -> a * b);
  }

  private int cell(int layer, int... indices) {
    int layers = patched.size() / perLayer();
    if (indices.length != plan.sizes().length || layer < 0 || layer >= layers) {
      throw new IllegalArgumentException(
          "A cell is a layer from 0 to %d and an index of each of %s; got layer %d and %s"
              .formatted(layers - 1, plan.axes(), layer, Arrays.toString(indices)));
    }
    int cell = 0;
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || indices[i] >= plan.sizes()[i]) {
        throw new IllegalArgumentException(
            "%s goes from 0 to %d; got %d"
                .formatted(plan.axes().get(i), plan.sizes()[i] - 1, indices[i]));
      }
      cell = cell * plan.sizes()[i] + indices[i];
    }
    return layer * perLayer() + cell;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  @Override
  public String toString() {
    return "PatchingEffects[%s %s over layers%s, %s, %d examples, metric clean %.4f, corrupted %.4f]"
        .formatted(
            plan.denoising() ? "denoising" : "noising",
            plan.site(),
            plan.axes().isEmpty() ? "" : " and " + plan.axes(),
            plan.model().gauge().label(),
            clean.length,
            mean(clean),
            mean(corrupted));
  }
}
