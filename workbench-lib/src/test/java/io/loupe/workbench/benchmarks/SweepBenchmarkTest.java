package io.loupe.workbench.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.nn.Dimensions;
import java.util.List;
import org.junit.jupiter.api.Test;

class SweepBenchmarkTest {
  @Test
  void comparesEverySweepWithTheNaiveLoop() {
    SweepBenchmark benchmark = new SweepBenchmark(new Dimensions(2, 16, 2, 2, 8, 32, 40, 32), 2, 5);
    List<Measurement> measured = benchmark.run(new BenchContext("cpu", line -> {}));
    assertThat(measured)
        .extracting(Measurement::name)
        .contains(
            "head sweep: naive / sweep",
            "residual sweep: naive / sweep",
            "pattern sweep: naive / sweep",
            "zero ablation of heads: naive / sweep");
    assertThat(measured)
        .filteredOn(m -> m.name().endsWith("largest difference"))
        .hasSize(4)
        .allSatisfy(m -> assertThat(m.holds()).isTrue());
    assertThat(measured).allSatisfy(m -> assertThat(m.value()).isNotNaN());
  }
}
