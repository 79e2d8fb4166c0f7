package io.loupe.workbench.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.intervention.Intervention;
import io.loupe.workbench.intervention.Interventions;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.ActivationCache;
import io.loupe.workbench.model.Capture;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.Wiring;
import io.loupe.workbench.path.Input;
import io.loupe.workbench.path.Node;
import io.loupe.workbench.path.PathEffects;
import io.loupe.workbench.path.PathPatching;
import io.loupe.workbench.path.Receiver;
import io.loupe.workbench.path.Sender;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
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
    Wiring wiring = model.wiring();
    Capture capture =
        Capture.of(Sites.RESID_PRE, Sites.RESID_MID, Sites.RESID_POST, Sites.RESULT, Sites.MLP_OUT);
    try (Run donor = model.run(clean, capture);
        Run base = model.run(corrupted, capture)) {
      for (PathEffects.Path pair : pairs) {
        Input input = pair.receiver().inputs().first();
        NDArray change = output(pair, donor.cache()).sub(output(pair, base.cache()));
        NDArray read = base.cache().get(stream(model, input)).add(change);
        try (Run run = model.with(edit(model, wiring, input, read)).run(corrupted)) {
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

  private static NDArray output(PathEffects.Path pair, ActivationCache cache) {
    Node node = pair.sender().nodes().first();
    if (node instanceof Node.Attention attention) {
      return cache
          .get(Sites.RESULT.at(attention.head().layer()))
          .get(new NDIndex().addAllDim(2).addIndices(attention.head().index()));
    }
    return cache.get(
        node instanceof Node.Mlp mlp ? Sites.MLP_OUT.at(mlp.layer()) : Sites.RESID_PRE.at(0));
  }

  private static HookPoint stream(HookedTransformer model, Input input) {
    return switch (input.kind()) {
      case QUERY, KEY, VALUE -> Sites.RESID_PRE.at(input.layer());
      case MLP -> Sites.RESID_MID.at(input.layer());
      case LOGITS -> Sites.RESID_POST.at(model.config().layers() - 1);
    };
  }

  private static Intervention edit(
      HookedTransformer model, Wiring wiring, Input input, NDArray read) {
    int layer = input.layer();
    int head = input.head();
    return switch (input.kind()) {
      case QUERY -> head(Sites.Q.at(layer), head, wiring.query(layer, head, read));
      case KEY -> head(Sites.K.at(layer), head, wiring.key(layer, head, read));
      case VALUE -> head(Sites.V.at(layer), head, wiring.value(layer, head, read));
      case MLP -> Interventions.edit(Sites.MLP_OUT.at(layer), x -> wiring.mlp(layer, read));
      case LOGITS ->
          Interventions.edit(Sites.RESID_POST.at(model.config().layers() - 1), x -> read);
    };
  }

  private static Intervention head(HookPoint point, int head, NDArray value) {
    return Interventions.edit(
        point,
        x -> {
          x.set(new NDIndex().addAllDim(2).addIndices(head), value);
          return x;
        });
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
