package io.loupe.workbench.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.site.Axis;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.site.Site;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.site.Slice;
import io.loupe.workbench.sweep.AblationEffects;
import io.loupe.workbench.sweep.AblationSweep;
import io.loupe.workbench.sweep.PatchingEffects;
import io.loupe.workbench.sweep.PatchingSweep;
import io.loupe.workbench.sweep.Unit;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Sweeps against the naive loop of one full forward pass for each patch, with the same numbers: a
 * model of GPT-2 small's shape, random weights, a metric of the last position. Also how the time
 * grows with patches and prompts.
 */
public final class SweepBenchmark implements Benchmark {
  private static final Metric METRIC = Metrics.logitDifference(7, 9);

  private final Dimensions sizes;
  private final int prompts;
  private final int length;

  /** Measures with GPT-2 small's shape, 8 prompts of 16 tokens. */
  public SweepBenchmark() {
    this(new Dimensions(12, 768, 12, 12, 64, 3072, 50257, 1024), 8, 16);
  }

  SweepBenchmark(Dimensions sizes, int prompts, int length) {
    this.sizes = sizes;
    this.prompts = prompts;
    this.length = length;
  }

  @Override
  public String name() {
    return "sweeps";
  }

  @Override
  public String summary() {
    return "patching and ablation sweeps against one full forward pass for each patch";
  }

  @Override
  public List<Measurement> run(BenchContext context) {
    Device device = Device.fromName(context.onGpu() ? context.device() : "cpu");
    HookedTransformer model =
        HookedTransformer.random(
            CaptureBenchmark.gpt2(sizes), 1, new LoadOptions(DataType.FLOAT32, device));
    Tokens clean = tokens(1, prompts);
    Tokens corrupted = tokens(2, prompts);
    PatchingSweep sweep = PatchingSweep.denoising(model, clean, corrupted, METRIC);
    PatchingSweep half =
        PatchingSweep.denoising(model, tokens(1, prompts / 2), tokens(2, prompts / 2), METRIC);
    sweep.over(Sites.MLP_OUT); // warm
    List<Measurement> measured = new ArrayList<>();
    measured.addAll(
        patching(context, "head sweep", 3, model, clean, corrupted, Sites.Z, Axis.HEAD));
    measured.addAll(
        patching(context, "residual sweep", 5, model, clean, corrupted, Sites.RESID_PRE, Axis.POS));
    measured.addAll(
        patching(context, "pattern sweep", 3, model, clean, corrupted, Sites.PATTERN, Axis.HEAD));
    measured.addAll(ablation(context, model, clean));
    context.progress().accept("growth with prompts and patches");
    double whole = seconds(() -> sweep.over(Sites.Z, Axis.HEAD));
    measured.add(
        Measurement.of(
            "head sweep: time of all prompts / half",
            whole / seconds(() -> half.over(Sites.Z, Axis.HEAD)),
            "x"));
    List<Unit> all = Unit.all(model.config(), Unit.Kind.HEAD);
    List<Unit> everySecond = all.stream().filter(unit -> unit.index() % 2 == 0).toList();
    AblationSweep ablation = AblationSweep.zero(model, METRIC);
    double ofAll = seconds(() -> ablation.each(all, clean));
    measured.add(
        Measurement.of(
            "zero ablation: time of all heads / every second",
            ofAll / seconds(() -> ablation.each(everySecond, clean)),
            "x"));
    double byHead = seconds(() -> sweep.over(Sites.Z, Axis.HEAD, Axis.POS));
    double perPatch = whole / (sizes.layers() * sizes.heads());
    double perFinerPatch = byHead / (sizes.layers() * sizes.heads() * length);
    measured.add(
        Measurement.of(
            "head x position sweep: time a patch / head sweep's", perFinerPatch / perPatch, "x"));
    return measured;
  }

  private List<Measurement> patching(
      BenchContext context,
      String name,
      double bar,
      HookedTransformer model,
      Tokens clean,
      Tokens corrupted,
      Site site,
      Axis axis) {
    int cells = axis == Axis.HEAD ? sizes.heads() : length;
    context.progress().accept(name + ", " + sizes.layers() * cells + " patches");
    PatchingEffects[] fast = new PatchingEffects[1];
    double fastSeconds =
        seconds(
            () ->
                fast[0] =
                    PatchingSweep.denoising(model, clean, corrupted, METRIC).over(site, axis));
    double[][][] naive = new double[sizes.layers()][cells][];
    double naiveSeconds =
        seconds(
            () -> {
              try (Run donor = model.run(clean, Capture.of(site))) {
                for (int layer = 0; layer < sizes.layers(); layer++) {
                  for (int i = 0; i < cells; i++) {
                    Slice slice = Slice.at(axis, i);
                    naive[layer][i] =
                        metric(
                            model,
                            Interventions.patch(site.at(layer), slice, donor.cache()),
                            corrupted);
                  }
                }
              }
              return naive;
            });
    double error = 0;
    for (int layer = 0; layer < sizes.layers(); layer++) {
      for (int i = 0; i < cells; i++) {
        error = Math.max(error, difference(fast[0].perExample(layer, i), naive[layer][i]));
      }
    }
    return measurements(name, naiveSeconds, fastSeconds, error, bar);
  }

  private List<Measurement> ablation(BenchContext context, HookedTransformer model, Tokens tokens) {
    String name = "zero ablation of heads";
    context.progress().accept(name + ", " + sizes.layers() * sizes.heads());
    AblationEffects[] fast = new AblationEffects[1];
    double fastSeconds = seconds(() -> fast[0] = AblationSweep.zero(model, METRIC).heads(tokens));
    double[] error = new double[1];
    double naiveSeconds =
        seconds(
            () -> {
              double[] baseline = fast[0].baselines();
              for (int layer = 0; layer < sizes.layers(); layer++) {
                for (int i = 0; i < sizes.heads(); i++) {
                  Head head = new Head(layer, i);
                  double[] own = metric(model, Interventions.zero(head), tokens);
                  for (int row = 0; row < own.length; row++) {
                    own[row] -= baseline[row];
                  }
                  error[0] = Math.max(error[0], difference(fast[0].perExample(head), own));
                }
              }
              return error;
            });
    return measurements(name, naiveSeconds, fastSeconds, error[0], 3);
  }

  private static double[] metric(HookedTransformer model, Intervention edit, Tokens tokens) {
    try (Run run = model.with(edit).run(tokens)) {
      return METRIC.perExample(run);
    }
  }

  private static List<Measurement> measurements(
      String name, double naive, double fast, double error, double bar) {
    return List.of(
        Measurement.of(name + ": naive loop", naive, "s"),
        Measurement.of(name + ": sweep", fast, "s"),
        new Measurement(name + ": naive / sweep", naive / fast, "x", Bar.atLeast(bar)),
        new Measurement(name + ": largest difference", error, "", Bar.atMost(1e-4)));
  }

  private static double difference(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> Math.abs(a[i] - b[i])).max().orElse(0);
  }

  private static double seconds(Supplier<?> work) {
    long start = System.nanoTime();
    Object kept = work.get();
    double seconds = (System.nanoTime() - start) / 1e9;
    if (kept == null) {
      throw new IllegalStateException("the work returned nothing");
    }
    return seconds;
  }

  private Tokens tokens(long seed, int rows) {
    Random random = new Random(seed);
    long[][] ids = new long[rows][];
    Arrays.setAll(ids, row -> random.longs(length, 0, sizes.vocab()).toArray());
    return Tokens.of(ids);
  }
}
