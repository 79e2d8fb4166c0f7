package io.loupe.kernels.attention;

import io.loupe.workbench.capture.AttentionBackend;
import io.loupe.workbench.capture.AttentionContract;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The back end on a GPU, in float32; skipped, with the reason printed, where there is none. */
@Tag("gpu")
class CudaStatisticsTest extends AttentionContract {
  @BeforeAll
  static void needsAGpu() {
    Gpu.required();
  }

  @Override
  protected List<AttentionBackend> backends() {
    return List.of(new CudaAttention());
  }

  @Override
  protected double patternTolerance() {
    return 1e-5;
  }
}
