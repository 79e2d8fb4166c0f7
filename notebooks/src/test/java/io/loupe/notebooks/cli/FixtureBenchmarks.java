package io.loupe.notebooks.cli;

import io.loupe.workbench.bench.Bar;
import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Benchmark;
import io.loupe.workbench.bench.Measurement;
import java.util.List;

/** Two benchmarks that measure nothing, found by ServiceLoader as real ones are. */
public final class FixtureBenchmarks {
  private FixtureBenchmarks() {}

  /** Keeps to its bar. */
  public static final class Holds implements Benchmark {
    @Override
    public String name() {
      return "fixture-holds";
    }

    @Override
    public String summary() {
      return "Keeps to its bar";
    }

    @Override
    public List<Measurement> run(BenchContext context) {
      if (context.onGpu()) {
        throw new IllegalArgumentException("there is no " + context.device());
      }
      return List.of(
          new Measurement("ratio", 1.20095, "x", Bar.atMost(1.25)),
          Measurement.of("tokens", 12345678901.0, ""));
    }
  }

  /** Does not. */
  public static final class Fails implements Benchmark {
    @Override
    public String name() {
      return "fixture-fails";
    }

    @Override
    public String summary() {
      return "Does not";
    }

    @Override
    public List<Measurement> run(BenchContext context) {
      return List.of(new Measurement("rate", 0.02, "1/s", Bar.atLeast(10)));
    }
  }
}
