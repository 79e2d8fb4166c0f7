package io.loupe.kernels.attention;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loupe.kernels.driver.CudaDevice;

/** What tests on a GPU begin with. */
final class Gpu {
  private Gpu() {}

  /** Skips the tests of a class if there is no GPU, and says so. */
  static void required() {
    CudaDevice.missing()
        .ifPresent(
            why -> {
              System.out.println("SKIPPED, no GPU: " + why);
              assumeTrue(false, "no GPU: " + why);
            });
  }
}
