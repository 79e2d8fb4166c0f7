package io.loupe.workbench.bench;

import java.io.IOException;
import java.util.List;

/**
 * One claim about speed or size, measured. Found by {@link java.util.ServiceLoader}: name the
 * implementation in {@code META-INF/services/io.loupe.workbench.bench.Benchmark} of its module.
 */
public interface Benchmark {
  /** Returns the name to run it by, in lower case with hyphens, such as {@code capture}. */
  String name();

  /** Returns what it measures, in one line. */
  String summary();

  /**
   * Measures on the device that the context names.
   *
   * @return what was measured, in the order to show it; never empty
   * @throws IllegalArgumentException if it cannot run on that device
   * @throws IOException if a file that it needs is missing or broken
   */
  List<Measurement> run(BenchContext context) throws IOException;
}
