package io.loupe.workbench.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.loupe.workbench.bench.BenchContext;
import io.loupe.workbench.bench.Measurement;
import io.loupe.workbench.nn.Dimensions;
import java.util.List;
import org.junit.jupiter.api.Test;

class PathBenchmarkTest {
  @Test
  void comparesPairsWithTheNaiveLoop() {
    PathBenchmark benchmark =
        new PathBenchmark(new Dimensions(2, 16, 2, 2, 8, 32, 40, 32), 2, 5, 7, 15);
    List<Measurement> measured = benchmark.run(new BenchContext("cpu", line -> {}));
    assertThat(measured)
        .extracting(Measurement::name)
        .contains("naive / path patching", "pairs", "paths through MLPs");
    assertThat(measured)
        .filteredOn(m -> m.name().equals("largest difference"))
        .singleElement()
        .satisfies(m -> assertThat(m.holds()).isTrue());
    assertThat(measured).allSatisfy(m -> assertThat(m.value()).isNotNaN());
  }
}
