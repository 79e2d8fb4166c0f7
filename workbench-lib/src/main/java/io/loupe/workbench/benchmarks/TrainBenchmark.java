package io.loupe.workbench.benchmarks;

import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.bench.Timings;
import io.loupe.workbench.laboratory.Objectives;
import io.loupe.workbench.laboratory.Trainer;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.model.Run;
import io.loupe.workbench.nn.Dimensions;
import io.loupe.workbench.text.Tokens;
import io.loupe.workbench.train.OptimizerSpec;
import io.loupe.workbench.train.Schedule;
import io.loupe.workbench.train.Training;
import io.loupe.workbench.train.TrainingOptions;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;

/** What a training step costs: forward, backward, clipping and AdamW against a forward pass. */
public final class TrainBenchmark implements Benchmark {
  private static final int BATCH = 16;
  private static final int LENGTH = 128;
  private static final int VOCABULARY = 5120;

  @Override
  public String name() {
    return "train";
  }

  @Override
  public String summary() {
    return "a training step against a forward pass, 4 layers, d_model 256, 16 x 128 tokens";
  }

  @Override
  public List<Measurement> run(BenchContext context) {
    if (context.onGpu()) {
      throw new IllegalArgumentException("bench train runs on the cpu; got " + context.device());
    }
    context.progress().accept("GPT-2-shaped random model, 4 layers, d_model 256, vocabulary 5,120");
    HookedTransformer model =
        HookedTransformer.random(
            CaptureBenchmark.gpt2(Dimensions.multiHead(4, 256, 8, 1024, VOCABULARY, LENGTH)),
            0,
            LoadOptions.DEFAULT);
    Tokens tokens = randomTokens();
    TrainingOptions options =
        new TrainingOptions(
            1000,
            BATCH,
            Schedule.constant(1e-4),
            OptimizerSpec.adamW(0.1),
            OptionalDouble.of(1),
            0);
    try (Training training = Trainer.of(model, Objectives.nextToken(tokens), options).begin()) {
      Timings.Comparison times =
          Timings.compare(
              new Timings.Options(2, 9), () -> forward(model, tokens), () -> step(training));
      return List.of(
          Measurement.of("forward pass", times.medianBaseline(), "ms"),
          Measurement.of("training step", times.medianCandidate(), "ms"),
          new Measurement("step / forward", times.medianRatio(), "x", Bar.atMost(3.5)));
    }
  }

  private static long forward(HookedTransformer model, Tokens tokens) {
    try (Run run = model.run(tokens)) {
      return run.logits().size();
    }
  }

  private static long step(Training training) {
    return Double.doubleToLongBits(training.step());
  }

  private static Tokens randomTokens() {
    Random random = new Random(0);
    long[][] ids = new long[BATCH][];
    for (int row = 0; row < BATCH; row++) {
      ids[row] = random.longs(LENGTH, 0, VOCABULARY).toArray();
    }
    return Tokens.of(ids);
  }
}
