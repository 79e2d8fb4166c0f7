package io.loupe.probes.benchmarks;

import io.loupe.probes.store.ActivationStore;
import io.loupe.probes.store.Document;
import io.loupe.probes.store.StoreOptions;
import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.bench.Timings;
import io.loupe.workbench.benchmarks.PeakMemory;
import io.loupe.workbench.benchmarks.TemporaryFolder;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Activation;
import io.loupe.workbench.nn.AttentionSpec;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.nn.EmbeddingSpec;
import io.loupe.workbench.nn.MlpSpec;
import io.loupe.workbench.nn.ModelConfig;
import io.loupe.workbench.nn.NormSpec;
import io.loupe.workbench.nn.PositionSpec;
import io.loupe.workbench.site.HookPoint;
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What it costs to store the activations of a corpus: 1 M tokens x 256 dimensions x 4 layers in
 * float32, against forward passes of the same documents that keep nothing.
 */
public final class StoreBenchmark implements Benchmark {
  private static final int LENGTH = 128;
  private static final int VOCABULARY = 5120;
  private static final int PARTS = 8;
  private static final int PART_DOCUMENTS = (1 << 20) / LENGTH / PARTS;
  private static final int PASS_DOCUMENTS = 8; // as the store's own passes are: 1,024 tokens
  private static final StoreOptions OPTIONS = StoreOptions.of(Sites.RESID_POST, 0, 1, 2, 3);
  private static final double MEGABYTE = 1 << 20;

  @Override
  public String name() {
    return "store";
  }

  @Override
  public String summary() {
    return "activations of 1 M tokens x 256 x 4 layers to disk, against forward passes alone";
  }

  @Override
  public List<Measurement> run(BenchContext context) throws IOException {
    if (context.onGpu()) {
      throw new IllegalArgumentException("bench store runs on the cpu; got " + context.device());
    }
    List<Measurement> measurements = new ArrayList<>();
    speed(context, measurements);
    memory(context, measurements);
    return measurements;
  }

  private static void speed(BenchContext context, List<Measurement> measurements)
      throws IOException {
    HookedTransformer model = model();
    List<Double> whole = new ArrayList<>();
    List<Double> layers = new ArrayList<>();
    List<Double> stored = new ArrayList<>();
    long bytes = (long) PARTS * PART_DOCUMENTS * LENGTH * 4 * 256 * 4;
    try (TemporaryFolder folder = TemporaryFolder.withRoomFor(bytes)) {
      capture(model, 64, folder.path().resolve("warm-up"));
      plain(model, documents(64));
      for (int part = 0; part < PARTS; part++) {
        context.progress().accept("part %d of %d".formatted(part + 1, PARTS));
        List<Document> documents = documents(PART_DOCUMENTS);
        Path store = folder.path().resolve("part-" + part);
        whole.add(seconds(() -> plain(model, documents)));
        layers.add(seconds(() -> layersOnly(model, documents)));
        stored.add(seconds(() -> capture(model, PART_DOCUMENTS, store)));
      }
    }
    int tokens = PARTS * PART_DOCUMENTS * LENGTH;
    measurements.add(Measurement.of("forward passes", tokens / sum(whole), "tokens/s"));
    measurements.add(Measurement.of("without logits", tokens / sum(layers), "tokens/s"));
    measurements.add(Measurement.of("captured to disk", tokens / sum(stored), "tokens/s"));
    measurements.add(
        new Measurement("speed / forward passes", speed(whole, stored), "x", Bar.atLeast(0.8)));
    measurements.add(
        new Measurement("speed / without logits", speed(layers, stored), "x", Bar.atLeast(0.8)));
  }

  /** The median over the parts, each timed one right after the other. */
  private static double speed(List<Double> baseline, List<Double> stored) {
    return 1 / new Timings.Comparison(baseline, stored).medianRatio();
  }

  private static double sum(List<Double> seconds) {
    return seconds.stream().mapToDouble(Double::doubleValue).sum();
  }

  private static double seconds(Runnable work) {
    long begin = System.nanoTime();
    work.run();
    return (System.nanoTime() - begin) / 1e9;
  }

  private static void plain(HookedTransformer model, List<Document> documents) {
    passes(documents)
        .forEach(
            tokens -> {
              try (Run run = model.run(tokens)) {
                run.logits().getShape();
              }
            });
  }

  private static void layersOnly(HookedTransformer model, List<Document> documents) {
    HookPoint last = Sites.RESID_POST.at(3);
    passes(documents).forEach(tokens -> model.activations(tokens, List.of(last)).get(last).close());
  }

  private static List<Tokens> passes(List<Document> documents) {
    List<Tokens> passes = new ArrayList<>();
    for (int from = 0; from < documents.size(); from += PASS_DOCUMENTS) {
      passes.add(
          Tokens.of(
              documents.subList(from, from + PASS_DOCUMENTS).stream()
                  .map(Document::tokens)
                  .toArray(long[][]::new)));
    }
    return passes;
  }

  private static void capture(HookedTransformer model, int documents, Path folder) {
    try {
      ActivationStore.capture(model, documents(documents), OPTIONS, folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void memory(BenchContext context, List<Measurement> measurements)
      throws IOException {
    if (!PeakMemory.isKnown()) {
      context.progress().accept("peak memory is read from /proc, which this system has not");
      return;
    }
    double[] peaks = new double[2];
    for (int i = 0; i < peaks.length; i++) {
      int documents = i == 0 ? 1024 : 4096;
      context
          .progress()
          .accept("peak memory of a JVM that captures %,d tokens".formatted(documents * LENGTH));
      long bytes = (long) documents * LENGTH * 4 * 256 * 4;
      try (TemporaryFolder folder = TemporaryFolder.withRoomFor(bytes)) {
        // a heap of fixed size, so that the collector's laziness is not measured
        peaks[i] =
            PeakMemory.of(
                    StoreBenchmark.class,
                    List.of("-Xmx256m"),
                    String.valueOf(documents),
                    folder.path())
                / MEGABYTE;
      }
      measurements.add(
          Measurement.of(
              "peak of a JVM, %,d MB stored".formatted((int) (bytes / MEGABYTE)), peaks[i], "MB"));
    }
    measurements.add(
        new Measurement(
            "peak, four times as much stored", peaks[1] / peaks[0], "x", Bar.atMost(1.2)));
  }

  /** Captures so many documents, and writes the peak of this JVM to a file. */
  public static void main(String[] documentsAndResult) throws IOException {
    Path result = Path.of(documentsAndResult[1]);
    capture(model(), Integer.parseInt(documentsAndResult[0]), result.resolveSibling("store"));
    PeakMemory.write(result);
  }

  private static HookedTransformer model() {
    ModelConfig config =
        ModelConfig.decoder(
            "gpt2",
            Dimensions.multiHead(4, 256, 8, 1024, VOCABULARY, LENGTH),
            new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
            EmbeddingSpec.LEARNED_POSITIONS,
            AttentionSpec.causal(new PositionSpec.None(), 32),
            new MlpSpec(Activation.GELU_TANH, false));
    return HookedTransformer.random(config, 0, LoadOptions.DEFAULT);
  }

  private static List<Document> documents(int count) {
    Random random = new Random(0);
    List<Document> documents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      documents.add(Document.of(String.valueOf(i), random.longs(LENGTH, 0, VOCABULARY).toArray()));
    }
    return documents;
  }
}
