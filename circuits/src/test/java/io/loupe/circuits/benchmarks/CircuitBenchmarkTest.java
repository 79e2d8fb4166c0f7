package io.loupe.circuits.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.nn.Dimensions;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class CircuitBenchmarkTest {
  @Test
  void comparesWithPlainPassesAndGetsTheSame() throws IOException {
    Dimensions sizes = new Dimensions(2, 16, 2, 2, 8, 32, 40, 32);
    CircuitBenchmark benchmark = new CircuitBenchmark(sizes, sizes, 2, 5, 20, 10);
    List<Measurement> measured = benchmark.scoresAndSearch(new BenchContext("cpu", line -> {}));
    for (String same : List.of("largest difference", "edges decided otherwise")) {
      assertThat(measured)
          .filteredOn(m -> m.name().equals(same))
          .singleElement()
          .satisfies(m -> assertThat(m.holds()).as("%s", m).isTrue());
    }
    assertThat(measured)
        .extracting(Measurement::name)
        .contains("EAP / forward and backward", "naive / exact patching", "one by one / ACDC");
    assertThat(measured).allSatisfy(m -> assertThat(m.value()).isNotNaN());
  }
}
