package io.loupe.workbench.capture;

import java.util.List;

/** The back ends on the CPU. */
class StreamedStatisticsTest extends AttentionContract {
  @Override
  protected List<AttentionBackend> backends() {
    return List.of(CpuAttention.FLOAT32, CpuAttention.FLOAT64);
  }

  @Override
  protected double patternTolerance() {
    return 1e-9;
  }
}
