package io.loupe.workbench.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.path.PathEffects;
import io.loupe.workbench.path.PathPatching;
import io.loupe.workbench.path.Receiver;
import io.loupe.workbench.path.Sender;
import io.loupe.workbench.text.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Path patching of many pairs against the naive loop of one full forward pass for each pair, with
 * the same numbers: a model of GPT-2 small's shape, random weights, a metric of the last position.
 * The naive loop is handed the sender's change and what the receiver reads, so that it needs one
 * pass and not two.
 */
public final class PathBenchmark implements Benchmark {
  private static final Metric METRIC = Metrics.logitDifference(7, 9);

  private final Dimensions sizes;
  private final int prompts;
  private final int length;
  private final int senders;
  private final int receivers;

  /** Measures with GPT-2 small's shape, 8 prompts of 16 tokens, some 500 pairs. */
  public PathBenchmark() {
    this(new Dimensions(12, 768, 12, 12, 64, 3072, 50257, 1024), 8, 16, 24, 40);
  }

  PathBenchmark(Dimensions sizes, int prompts, int length, int senders, int receivers) {
    this.sizes = sizes;
    this.prompts = prompts;
    this.length = length;
    this.senders = senders;
    this.receivers = receivers;
  }

  @Override
  public String name() {
    return "paths";
  }

  @Override
  public String summary() {
    return "path patching against one full forward pass for each pair";
  }

  @Override
  public List<Measurement> run(BenchContext context) {
    Device device = Device.fromName(context.onGpu() ? context.device() : "cpu");
    HookedTransformer model =
        HookedTransformer.random(
            CaptureBenchmark.gpt2(sizes), 1, new LoadOptions(DataType.FLOAT32, device));
    Tokens clean = tokens(1);
    Tokens corrupted = tokens(2);
    List<Sender> from = spread(Sender.each(model.config()), senders);
    List<Receiver> to = spread(Receiver.each(model.config()), receivers);
    PathPatching direct = PathPatching.denoising(model, clean, corrupted, METRIC);
    context.progress().accept("path patching, " + from.size() + " x " + to.size());
    direct.exactOnly().between(from.get(0), Receiver.logits(model.config())); // warm
    PathEffects[] kept = new PathEffects[1];
    double exact = seconds(() -> kept[0] = direct.exactOnly().between(from, to));
    PathEffects effects = kept[0];
    double both = seconds(() -> direct.between(from, to));
    double throughMlps = seconds(() -> direct.exactOnly().throughMlps().between(from, to));
    List<PathEffects.Path> pairs = effects.ranked();
    List<PathEffects.Path> some = spread(pairs, Math.min(pairs.size(), 40));
    context.progress().accept("one full forward pass each, " + some.size() + " pairs");
    double[] error = new double[1];
    double naive =
        seconds(() -> naive(model, clean, corrupted, effects, some, error))
            * pairs.size()
            / some.size();
    return List.of(
        Measurement.of("pairs", pairs.size(), ""),
        Measurement.of("naive loop, from every " + pairs.size() / some.size() + "th", naive, "s"),
        Measurement.of("path patching", exact, "s"),
        new Measurement("naive / path patching", naive / exact, "x", Bar.atLeast(4)),
        new Measurement("largest difference", error[0], "", Bar.atMost(1e-4)),
        Measurement.of("with linear approximation", both, "s"),
        Measurement.of("paths through MLPs", throughMlps, "s"));
  }

  /** Patches what the receiver makes of the changed stream in a pass of its own. */
  private static double[] naive(
      HookedTransformer model,
      Tokens clean,
      Tokens corrupted,
      PathEffects effects,
      List<PathEffects.Path> pairs,
      double[] error) {
    try (Run donor = model.run(clean, NaivePatch.CAPTURE);
        Run base = model.run(corrupted, NaivePatch.CAPTURE)) {
      for (PathEffects.Path pair : pairs) {
        Input input = pair.receiver().inputs().first();
        Node node = pair.sender().nodes().first();
        NDArray change =
            NaivePatch.output(node, donor.cache()).sub(NaivePatch.output(node, base.cache()));
        NDArray read = base.cache().get(NaivePatch.stream(model, input)).add(change);
        try (Run run = model.with(NaivePatch.edit(model, input, read)).run(corrupted)) {
          double[] slow = METRIC.perExample(run);
          double[] fast = effects.perExample(pair.sender(), pair.receiver());
          for (int row = 0; row < slow.length; row++) {
            error[0] = Math.max(error[0], Math.abs(slow[row] - fast[row]));
          }
        }
      }
    }
    return error;
  }

  /** Returns so many entries, evenly spread. */
  private static <T> List<T> spread(List<T> all, int count) {
    List<T> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(all.get((int) ((long) i * (all.size() - 1) / Math.max(1, count - 1))));
    }
    return some.stream().distinct().toList();
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

  private Tokens tokens(long seed) {
    Random random = new Random(seed);
    long[][] ids = new long[prompts][];
    Arrays.setAll(ids, row -> random.longs(length, 0, sizes.vocab()).toArray());
    return Tokens.of(ids);
  }
}
