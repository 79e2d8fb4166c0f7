package io.loupe.workbench.benchmarks;

import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.bench.Timings;
import io.loupe.workbench.model.Capture;
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
import io.loupe.workbench.site.Sites;
import io.loupe.workbench.text.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What it costs to look: a capturing run against a plain one, and the memory of a cell that is run
 * again and again.
 */
public final class CaptureBenchmark implements Benchmark {
  private static final Capture RESIDUALS_AND_PATTERNS =
      Capture.of(Sites.RESID_PRE, Sites.RESID_MID, Sites.RESID_POST, Sites.PATTERN);

  /** What a notebook's variable holds; overwritten by every re-run, never closed. */
  @SuppressWarnings("UnusedVariable") // it is there to be overwritten
  private @Nullable Run cellVariable;

  @Override
  public String name() {
    return "capture";
  }

  @Override
  public String summary() {
    return "overhead of keeping every residual and pattern; memory of a capturing cell that is re-run";
  }

  @Override
  public List<Measurement> run(BenchContext context) throws IOException {
    if (context.onGpu()) {
      throw new IllegalArgumentException("bench capture runs on the cpu; got " + context.device());
    }
    // memory first: the large model of the other part would hide its growth
    List<Measurement> measurements = new ArrayList<>(memory(context));
    measurements.addAll(overhead(context));
    return measurements;
  }

  private static List<Measurement> overhead(BenchContext context) {
    context.progress().accept("GPT-2-small-shaped random model, 16 x 128 tokens");
    HookedTransformer model = HookedTransformer.random(gpt2Small(), 0, LoadOptions.DEFAULT);
    Tokens tokens = randomTokens(16, 128, model.config().vocab());
    Timings.Comparison times =
        Timings.compare(
            new Timings.Options(1, 7),
            () -> runAndClose(model, tokens, Capture.nothing()),
            () -> runAndClose(model, tokens, RESIDUALS_AND_PATTERNS));
    return List.of(
        Measurement.of("plain run", times.medianBaseline(), "ms"),
        Measurement.of("keeping residuals and patterns", times.medianCandidate(), "ms"),
        new Measurement("capture / plain", times.medianRatio(), "x", Bar.atMost(1.25)));
  }

  private static long runAndClose(HookedTransformer model, Tokens tokens, Capture capture) {
    try (Run run = model.run(tokens, capture)) {
      return run.cache().points().size();
    }
  }

  private List<Measurement> memory(BenchContext context) throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      context
          .progress()
          .accept("resident memory is read from /proc, which this system has not: left out");
      return List.of();
    }
    context.progress().accept("1,000 re-runs of a capturing cell");
    HookedTransformer model = HookedTransformer.random(small(), 0, LoadOptions.DEFAULT);
    Tokens tokens = randomTokens(4, 64, model.config().vocab());
    double after50 = 0;
    for (int rerun = 1; rerun <= 1000; rerun++) {
      cellVariable = model.runWithCache(tokens);
      if (rerun == 50) {
        after50 = residentMegabytes(status);
      }
    }
    double after1000 = residentMegabytes(status);
    return List.of(
        Measurement.of("resident after 50 re-runs", after50, "MB"),
        Measurement.of("resident after 1,000 re-runs", after1000, "MB"),
        new Measurement("growth over 950 re-runs", after1000 / after50, "x", Bar.atMost(1.05)));
  }

  private static double residentMegabytes(Path status) throws IOException {
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElseThrow(() -> new IOException(status + ": no line VmRSS"));
  }

  private static Tokens randomTokens(int rows, int length, int vocab) {
    Random random = new Random(0);
    long[][] ids = new long[rows][length];
    for (long[] row : ids) {
      for (int i = 0; i < length; i++) {
        row[i] = random.nextInt(vocab);
      }
    }
    return Tokens.of(ids);
  }

  private static ModelConfig gpt2Small() {
    return gpt2(new Dimensions(12, 768, 12, 12, 64, 3072, 50257, 1024));
  }

  private static ModelConfig small() {
    return gpt2(new Dimensions(4, 64, 8, 8, 8, 256, 512, 128));
  }

  static ModelConfig gpt2(Dimensions sizes) {
    return ModelConfig.decoder(
        "gpt2",
        sizes,
        new NormSpec(NormSpec.Kind.LAYER_NORM, 1e-5),
        EmbeddingSpec.LEARNED_POSITIONS,
        AttentionSpec.causal(new PositionSpec.None(), sizes.dHead()),
        new MlpSpec(Activation.GELU_TANH, false));
  }
}
