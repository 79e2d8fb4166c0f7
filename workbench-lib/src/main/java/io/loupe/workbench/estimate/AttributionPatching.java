package io.loupe.workbench.estimate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.Gradients;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.stats.GaussLegendre;
import io.loupe.workbench.sweep.CellGrid;
import io.loupe.workbench.sweep.PatchingSweep;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Activation patching estimated from gradients, every cell of every site at once: the difference
 * between the two runs' activations times the metric's gradient there, summed over the axes that
 * are not kept.
 *
 * <p>Attribution patching (Nanda 2023; Kramar et al. 2024) takes the gradient in the run that is
 * patched into: one forward pass, one forward and backward pass, whatever the number of cells.
 * {@link #integrated} averages it along the straight way from one activation to the other
 * (Sundararajan et al. 2017), so that the estimates of one activation sum to the exact effect of
 * patching it whole; {@link #integratedOverInputs} along runs on interpolated embeddings (Hanna et
 * al. 2024). How good an estimate is, {@link NodeAttributions#check} says.
 */
public final class AttributionPatching {
  private final HookedTransformer model;
  private final Tokens source;
  private final Tokens target;
  private final Metric metric;
  private final boolean denoising;
  private final Method method;

  private AttributionPatching(
      HookedTransformer model,
      Tokens source,
      Tokens target,
      Metric metric,
      boolean denoising,
      Method method) {
    this.model = model;
    this.source = source;
    this.target = target;
    this.metric = metric;
    this.denoising = denoising;
    this.method = method;
  }

  /**
   * Estimates what patching clean activations into the corrupted run does.
   *
   * @param clean prompts
   * @param corrupted as many prompts, each as long as its clean one and padded as it is
   * @param metric differentiable
   * @throws IllegalArgumentException if the prompts are not aligned
   */
  public static AttributionPatching denoising(
      HookedTransformer model, Tokens clean, Tokens corrupted, Metric metric) {
    check(clean, corrupted);
    return new AttributionPatching(model, clean, corrupted, metric, true, Method.BASE);
  }

  /** Estimates what patching corrupted activations into the clean run does. */
  public static AttributionPatching noising(
      HookedTransformer model, Tokens clean, Tokens corrupted, Metric metric) {
    check(clean, corrupted);
    return new AttributionPatching(model, corrupted, clean, metric, false, Method.BASE);
  }

  /**
   * Averages the gradient of each activation while that activation alone goes from one run's value
   * to the other's: as many passes for each layer and site. Gauss-Legendre points.
   *
   * @param steps how many, e.g. 10
   */
  public AttributionPatching integrated(int steps) {
    return with(new Method(Method.Along.ACTIVATIONS, steps));
  }

  /**
   * Averages the gradients of all activations while the embeddings go from one run's value to the
   * other's: as many passes for all layers and sites together. Gauss-Legendre points.
   *
   * @param steps how many, e.g. 5
   */
  public AttributionPatching integratedOverInputs(int steps) {
    return with(new Method(Method.Along.INPUTS, steps));
  }

  private AttributionPatching with(Method other) {
    return new AttributionPatching(model, source, target, metric, denoising, other);
  }

  /**
   * Estimates the effect of patching a site in every layer, at every index of the axes.
   *
   * @param axes of the site that are kept, as in {@link PatchingSweep#over}: {@code over(Z, HEAD)},
   *     {@code over(MLP_POST, D_MLP)}, {@code over(RESID_PRE, POS)}
   * @throws IllegalArgumentException before anything is run, if the model has no such site, the
   *     site no such axis, or the axis cannot be kept; also if the metric is not a number, or has
   *     no gradient
   */
  public NodeAttributions over(Site site, Axis... axes) {
    return over(List.of(new CellGrid(model, site, List.of(axes), target))).get(0);
  }

  /**
   * Estimates the effects of patching every site that all layers have, in the same passes.
   *
   * @param axes those of them that a site has are kept; a site of keys or values keeps key/value
   *     heads for heads, one of scores query positions for positions
   * @return in the order of the forward pass
   */
  public List<NodeAttributions> overEverySite(Axis... axes) {
    List<CellGrid> grids = new ArrayList<>();
    for (Site site : model.config().sites()) {
      if (site.perLayer() && !site.onDemand()) {
        Set<Axis> kept = new LinkedHashSet<>();
        for (Axis axis : axes) {
          Axis own = own(site, axis);
          if (site.has(own)) {
            kept.add(own);
          }
        }
        if (everyLayerHas(site)) {
          grids.add(new CellGrid(model, site, List.copyOf(kept), target));
        }
      }
    }
    return over(grids);
  }

  private boolean everyLayerHas(Site site) {
    // layers without a rotary embedding or normed queries do not pass these sites
    boolean varies = Set.of(Sites.ROT_Q, Sites.ROT_K, Sites.Q_NORM, Sites.K_NORM).contains(site);
    return !varies || model.config().attention().stream().distinct().count() == 1;
  }

  private static Axis own(Site site, Axis axis) {
    if (axis == Axis.HEAD && site.has(Axis.KV_HEAD)) {
      return Axis.KV_HEAD;
    }
    return axis == Axis.POS && site.has(Axis.QUERY_POS) ? Axis.QUERY_POS : axis;
  }

  private List<NodeAttributions> over(List<CellGrid> grids) {
    Set<HookPoint> points = new LinkedHashSet<>();
    for (CellGrid grid : grids) {
      for (int layer = 0; layer < model.config().layers(); layer++) {
        points.add(grid.site().at(layer));
      }
    }
    if (method.along() == Method.Along.INPUTS) {
      points.add(Sites.RESID_PRE.at(0));
    }
    HookPoint[] all = points.toArray(HookPoint[]::new);
    try (Run donor = model.run(source, Capture.at(all));
        Gradients base = model.gradients(target, metric, all)) {
      double[] sourceMetric = numbers(metric.perExample(donor));
      double[] targetMetric = numbers(base.metric());
      Runs runs = new Runs(donor.cache(), base, sourceMetric, targetMetric);
      Map<HookPoint, NDArray> gradients = gradients(runs, all);
      List<NodeAttributions> made = new ArrayList<>();
      for (CellGrid grid : grids) {
        made.add(attributions(grid, runs, gradients));
      }
      gradients.values().forEach(NDArray::close);
      return List.copyOf(made);
    }
  }

  /** Both runs: what they had at every point, and their metrics. */
  private record Runs(
      ActivationCache donor, Gradients base, double[] sourceMetric, double[] targetMetric) {
    NDArray before(HookPoint point) {
      return base.run().cache().get(point);
    }

    /** Returns by how much an activation differs; hidden scores, infinite in both runs, by 0. */
    NDArray difference(HookPoint point, NDManager scope) {
      NDArray difference = donor.get(point).sub(before(point));
      difference.attach(scope);
      if (!point.site().equals(Sites.SCORES)) {
        return difference;
      }
      NDArray hidden = difference.isNaN();
      return Tensors.where(hidden, difference.zerosLike(), difference);
    }
  }

  private Map<HookPoint, NDArray> gradients(Runs runs, HookPoint[] points) {
    Map<HookPoint, NDArray> averaged = new HashMap<>();
    GaussLegendre quadrature = GaussLegendre.of(method.steps());
    switch (method.along()) {
      case BASE_RUN -> {
        for (HookPoint point : points) {
          averaged.put(point, runs.base().at(point).duplicate());
        }
      }
      case INPUTS -> {
        for (int step = 0; step < method.steps(); step++) {
          add(averaged, runs, Sites.RESID_PRE.at(0), quadrature, step, points);
        }
      }
      case ACTIVATIONS -> {
        for (HookPoint point : points) {
          for (int step = 0; step < method.steps(); step++) {
            add(averaged, runs, point, quadrature, step, point);
          }
        }
      }
    }
    return averaged;
  }

  /** Adds the gradients of a run in which one activation stands between the two runs' values. */
  private void add(
      Map<HookPoint, NDArray> averaged,
      Runs runs,
      HookPoint moved,
      GaussLegendre quadrature,
      int step,
      HookPoint... points) {
    double share = quadrature.points()[step];
    double weight = quadrature.weights()[step];
    try (NDManager scope = Engines.newManager(model.device())) {
      NDArray between = runs.difference(moved, scope).mul(share).add(runs.before(moved));
      HookedTransformer there =
          model.with(Interventions.edit(moved, Slice.ALL, "interpolated", x -> between));
      try (Gradients gradients = there.gradients(target, metric, points)) {
        for (HookPoint point : points) {
          NDArray weighted = gradients.at(point).mul(weight);
          NDArray sum = averaged.putIfAbsent(point, weighted);
          if (sum != null) {
            sum.addi(weighted);
            weighted.close();
          }
        }
      }
    }
  }

  private NodeAttributions attributions(
      CellGrid grid, Runs runs, Map<HookPoint, NDArray> gradients) {
    List<double[]> values = new ArrayList<>();
    Reduction reduction = new Reduction(grid, target);
    for (int layer = 0; layer < model.config().layers(); layer++) {
      values.addAll(product(reduction, grid.site().at(layer), runs, gradients));
    }
    return new NodeAttributions(
        new NodeAttributions.Plan(model, sweep(), grid, method, denoising),
        denoising ? runs.sourceMetric() : runs.targetMetric(),
        denoising ? runs.targetMetric() : runs.sourceMetric(),
        values,
        completeness(grid, runs, gradients, values),
        target);
  }

  private static List<double[]> product(
      Reduction reduction, HookPoint point, Runs runs, Map<HookPoint, NDArray> gradients) {
    NDArray gradient = gradients.get(point);
    if (gradient == null) {
      throw new IllegalStateException("no gradient was taken at " + point);
    }
    try (NDManager scope = gradient.getManager().newSubManager()) {
      NDArray difference = runs.difference(point, scope);
      return reduction.cells(difference.mul(gradient));
    }
  }

  private List<Completeness> completeness(
      CellGrid grid, Runs runs, Map<HookPoint, NDArray> gradients, List<double[]> values) {
    List<Completeness> complete = new ArrayList<>();
    if (method.along() == Method.Along.INPUTS) {
      CellGrid whole = new CellGrid(model, Sites.RESID_PRE, List.of(), target);
      double[] sum =
          product(new Reduction(whole, target), Sites.RESID_PRE.at(0), runs, gradients).get(0);
      complete.add(
          new Completeness(
              "embeddings", mean(sum), mean(runs.sourceMetric()) - mean(runs.targetMetric())));
    } else if (method.along() == Method.Along.ACTIVATIONS) {
      CellGrid whole = new CellGrid(model, grid.site(), List.of(), target);
      int[] layers = IntStream.range(0, model.config().layers()).toArray();
      double[][] patched = sweep().cells(whole, layers);
      for (int layer : layers) {
        double sum = 0;
        for (double[] cell :
            values.subList(layer * grid.perLayer(), (layer + 1) * grid.perLayer())) {
          sum += mean(cell);
        }
        complete.add(
            new Completeness(
                grid.site().at(layer).toString(),
                sum,
                mean(patched[layer]) - mean(runs.targetMetric())));
      }
    }
    return complete;
  }

  /** Returns the exact sweep of what is estimated. */
  private PatchingSweep sweep() {
    return denoising
        ? PatchingSweep.denoising(model, source, target, metric)
        : PatchingSweep.noising(model, target, source, metric);
  }

  private static double[] numbers(double[] values) {
    for (int row = 0; row < values.length; row++) {
      if (Double.isNaN(values[row])) {
        throw new IllegalArgumentException(
            "The metric of row %d is not a number (NaN) before anything is patched".formatted(row));
      }
    }
    return values;
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static void check(Tokens clean, Tokens corrupted) {
    if (!clean.isAlignedWith(corrupted)) {
      throw new IllegalArgumentException(
          "Attribution patching needs clean and corrupted prompts in pairs of equal length, padded alike; got %s and %s. Choose corruptions with as many tokens"
              .formatted(clean, corrupted));
    }
  }
}
