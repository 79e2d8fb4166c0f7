package io.loupe.circuits.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.loupe.circuits.graph.Circuit;
import io.loupe.circuits.graph.ModelGraph;
import io.loupe.circuits.run.Batch;
import io.loupe.circuits.run.CircuitRunner;
import io.loupe.circuits.run.CircuitRuns;
import io.loupe.circuits.run.Examples;
import io.loupe.circuits.run.StandIn;
import io.loupe.circuits.score.EdgeAttribution;
import io.loupe.circuits.score.EdgeScores;
import io.loupe.circuits.search.Acdc;
import io.loupe.circuits.search.SearchResult;
import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.bench.Timings;
import io.loupe.workbench.benchmarks.PeakMemory;
import io.loupe.workbench.metric.Metric;
import io.loupe.workbench.metric.Metrics;
import io.loupe.workbench.model.Gradients;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Scores of all edges against one forward and backward pass; exact patching of many edges against
 * one full pass for each; ACDC against one run after the other; what scoring holds in memory.
 * Models have the shape of GPT-2 small, or four layers of it at a quarter of the width, and random
 * weights; the metric reads the last position.
 */
public final class CircuitBenchmark implements Benchmark {
  static final Metric METRIC = Metrics.logitDifference(7, 9);
  private static final int STEPS = 5;

  private final Dimensions sizes;
  private final Dimensions ofSearch;
  private final int prompts;
  private final int length;
  private final int edges;
  private final int naiveEdges;

  /** Measures with GPT-2 small's shape, 8 prompts of 16 tokens, 500 edges. */
  public CircuitBenchmark() {
    this(
        new Dimensions(12, 768, 12, 12, 64, 3072, 50257, 1024),
        new Dimensions(4, 128, 4, 4, 32, 512, 1000, 64),
        8,
        16,
        500,
        25);
  }

  CircuitBenchmark(
      Dimensions sizes, Dimensions ofSearch, int prompts, int length, int edges, int naiveEdges) {
    this.sizes = sizes;
    this.ofSearch = ofSearch;
    this.prompts = prompts;
    this.length = length;
    this.edges = edges;
    this.naiveEdges = naiveEdges;
  }

  @Override
  public String name() {
    return "circuits";
  }

  @Override
  public String summary() {
    return "edge scores, exact edge patching and ACDC against plain passes";
  }

  @Override
  public List<Measurement> run(BenchContext context) throws IOException {
    List<Measurement> measured = scoresAndSearch(context);
    memory(context, measured);
    return measured;
  }

  List<Measurement> scoresAndSearch(BenchContext context) {
    Device device = Device.fromName(context.onGpu() ? context.device() : "cpu");
    List<Measurement> measured = new ArrayList<>();
    scores(context, device, measured);
    search(context, device, measured);
    return measured;
  }

  private void scores(BenchContext context, Device device, List<Measurement> measured) {
    HookedTransformer model = model(sizes, device);
    ModelGraph graph = ModelGraph.of(model);
    Examples examples = examples(prompts, length, sizes.vocab());
    Batch batch = examples.batches().get(0);
    EdgeAttribution attribution = EdgeAttribution.of(graph, examples);
    context.progress().accept("EAP over %,d edges".formatted(graph.size()));
    Timings.Comparison eap =
        Timings.compare(
            new Timings.Options(1, 3), () -> backward(model, batch), () -> attribution.eap());
    context.progress().accept("EAP-IG over %,d edges".formatted(graph.size()));
    Timings.Comparison integrated =
        Timings.compare(
            new Timings.Options(0, 1),
            () -> attribution.eap(),
            () -> attribution.integratedOverInputs(STEPS));
    measured.add(Measurement.of("edges of the model", graph.size(), ""));
    measured.add(Measurement.of("forward and backward pass", eap.medianBaseline(), "ms"));
    measured.add(Measurement.of("EAP, all edges", eap.medianCandidate(), "ms"));
    measured.add(
        new Measurement("EAP / forward and backward", eap.medianRatio(), "x", Bar.atMost(4)));
    measured.add(
        new Measurement(
            "EAP-IG of %d steps / EAP".formatted(STEPS),
            integrated.medianRatio(),
            "x",
            Bar.atMost(1.2 * STEPS)));
    int[] some = spread(graph.size(), edges);
    context.progress().accept("exact patching of %d edges".formatted(some.length));
    attribution.exact(some[0]); // warm
    EdgeScores[] kept = new EdgeScores[1];
    double exact = seconds(() -> kept[0] = attribution.exact(some));
    int[] fewer = Arrays.stream(spread(some.length, naiveEdges)).map(i -> some[i]).toArray();
    context.progress().accept("one full pass each, %d edges".formatted(fewer.length));
    NaiveEdges naive = new NaiveEdges(graph, batch);
    double[] error = new double[1];
    double slow =
        seconds(
                () -> {
                  for (int edge : fewer) {
                    double[] effect = naive.effect(graph.edge(edge));
                    double[] fast = kept[0].perExample(graph.edge(edge));
                    for (int row = 0; row < effect.length; row++) {
                      error[0] = Math.max(error[0], Math.abs(effect[row] - fast[row]));
                    }
                  }
                  return error;
                })
            * some.length
            / fewer.length;
    measured.add(
        Measurement.of(
            "naive loop, from every %dth".formatted(some.length / fewer.length), slow, "s"));
    measured.add(Measurement.of("exact patching of %d edges".formatted(some.length), exact, "s"));
    measured.add(new Measurement("naive / exact patching", slow / exact, "x", Bar.atLeast(4)));
    measured.add(new Measurement("largest difference", error[0], "", Bar.atMost(1e-4)));
  }

  private void search(BenchContext context, Device device, List<Measurement> measured) {
    HookedTransformer model = model(ofSearch, device);
    ModelGraph graph = ModelGraph.of(model);
    CircuitRunner runner =
        CircuitRunner.of(graph, examples(prompts, length, ofSearch.vocab()), StandIn.RESAMPLE);
    double[] effects = EdgeAttribution.of(graph, runner.examples()).eap().means();
    double[] sizes = Arrays.stream(effects).map(Math::abs).sorted().toArray();
    double threshold = sizes[(int) (0.95 * sizes.length)];
    context.progress().accept("ACDC over %,d edges".formatted(graph.size()));
    Acdc.of(runner).from(Circuit.ofNumbers(graph, 0, graph.size() - 1)).run(threshold); // warm
    SearchResult[] kept = new SearchResult[1];
    double fast = seconds(() -> kept[0] = Acdc.of(runner).run(threshold));
    context.progress().accept("one run after the other");
    Circuit[] same = new Circuit[1];
    double slow = seconds(() -> same[0] = oneByOne(runner, threshold));
    int differ =
        same[0].union(kept[0].circuit()).minus(same[0].intersection(kept[0].circuit())).size();
    measured.add(Measurement.of("ACDC, edges of the model", graph.size(), ""));
    measured.add(Measurement.of("ACDC, edges kept", kept[0].circuit().size(), ""));
    measured.add(Measurement.of("one run after the other", slow, "s"));
    measured.add(Measurement.of("ACDC", fast, "s"));
    measured.add(new Measurement("one by one / ACDC", slow / fast, "x", Bar.atLeast(5)));
    measured.add(new Measurement("edges decided otherwise", differ, "", Bar.atMost(0)));
  }

  /** ACDC as it is written: a run for every edge. */
  private static Circuit oneByOne(CircuitRunner runner, double threshold) {
    ModelGraph graph = runner.graph();
    Circuit circuit = graph.full();
    try (CircuitRunner.Held held = runner.hold()) {
      double whole = CircuitRuns.mean(held.clean());
      double current = 0;
      for (int edge = graph.size() - 1; edge >= 0; edge--) {
        Circuit without = circuit.without(edge);
        double damage = Math.abs(CircuitRuns.mean(held.metric(List.of(without))[0]) - whole);
        if (damage - current < threshold) {
          circuit = without;
          current = damage;
        }
      }
    }
    return circuit;
  }

  private static void memory(BenchContext context, List<Measurement> measured) throws IOException {
    if (!PeakMemory.isKnown()) {
      return;
    }
    context.progress().accept("memory of EAP, in a JVM of its own");
    Path scratch = Files.createTempDirectory("loupe-circuits");
    try {
      double plain = peak("backward", scratch);
      double inputs = peak("inputs", scratch);
      double scored = peak("eap", scratch);
      double all = EdgeMemory.bytesOfAllOutputs() / (double) (1 << 20);
      measured.add(Measurement.of("what all nodes write to the stream", all, "MiB"));
      measured.add(
          Measurement.of("gradients at all inputs, beyond one pass", inputs - plain, "MiB"));
      measured.add(
          new Measurement(
              "EAP, beyond the gradients at all inputs",
              scored - inputs,
              "MiB",
              Bar.atMost(Math.round(all))));
    } finally {
      try (var files = Files.list(scratch)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(scratch);
    }
  }

  private static double peak(String what, Path scratch) throws IOException {
    return PeakMemory.of(EdgeMemory.class, List.of(), what, scratch) / (double) (1 << 20);
  }

  static Object backward(HookedTransformer model, Batch batch) {
    try (Gradients gradients =
        model.gradients(batch.clean(), batch.metric(), Sites.RESID_PRE.at(0))) {
      return gradients.metric();
    }
  }

  static HookedTransformer model(Dimensions sizes, Device device) {
    ModelConfig config =
        ModelConfig.decoder(
            "gpt2",
            sizes,
            new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
            EmbeddingSpec.LEARNED_POSITIONS,
            AttentionSpec.causal(new PositionSpec.None(), sizes.dHead()),
            new MlpSpec(Activation.GELU_TANH, false));
    return HookedTransformer.random(config, 1, new LoadOptions(DataType.FLOAT32, device));
  }

  static Examples examples(int prompts, int length, int vocab) {
    return Examples.of(
        new Batch(tokens(prompts, length, vocab, 1), tokens(prompts, length, vocab, 2), METRIC));
  }

  private static Tokens tokens(int prompts, int length, int vocab, long seed) {
    Random random = new Random(seed);
    long[][] ids = new long[prompts][];
    Arrays.setAll(ids, row -> random.longs(length, 0, vocab).toArray());
    return Tokens.of(ids);
  }

  /** Returns so many numbers below a size, evenly spread. */
  private static int[] spread(int size, int count) {
    return IntStream.range(0, count)
        .map(i -> (int) ((long) i * (size - 1) / Math.max(1, count - 1)))
        .distinct()
        .toArray();
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
}
