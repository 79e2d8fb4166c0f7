package io.loupe.kernels.driver;

import io.loupe.kernels.KernelException;
import java.util.Optional;
import jcuda.CudaException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** The driver library: whether it is there, and what its codes mean. */
final class Driver {
  private static final Optional<String> MISSING = findMissing();

  private Driver() {}

  /** Returns why the driver cannot be called; empty if it can. */
  static Optional<String> missing() {
    return MISSING;
  }

  /** Throws if a call did not succeed. */
  static void check(String call, int code) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new KernelException(call, code, meaning(code));
    }
  }

  static String meaning(int code) {
    String[] text = new String[1];
    boolean known = JCudaDriver.cuGetErrorString(code, text) == CUresult.CUDA_SUCCESS;
    return "%s: %s"
        .formatted(
            CUresult.stringFor(code), known ? text[0] : "the driver does not know this code");
  }

  private static Optional<String> findMissing() {
    try {
      JCudaDriver.setExceptionsEnabled(false);
      int code = JCudaDriver.cuInit(0);
      int[] count = new int[1];
      if (code == CUresult.CUDA_SUCCESS) {
        code = JCudaDriver.cuDeviceGetCount(count);
      }
      if (code != CUresult.CUDA_SUCCESS) {
        return Optional.of("the NVIDIA driver does not start (%s)".formatted(meaning(code)));
      }
      return count[0] == 0
          ? Optional.of("the NVIDIA driver sees no device")
          : Optional.<String>empty();
    } catch (LinkageError | CudaException e) {
      return Optional.of(
          "there is no NVIDIA driver (libcuda.so.1) that JCuda can load: "
              + String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString()));
    }
  }
}
