package io.loupe.kernels.driver;

import io.loupe.kernels.KernelException;
import java.util.Optional;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Kernels that were loaded; they stay as long as the context. */
public final class DeviceModule {
  private static final int MOST_SHARED_MEMORY =
      jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;

  private final CudaDevice device;
  private final CUmodule module;

  DeviceModule(CudaDevice device, CUmodule module) {
    this.device = device;
    this.module = module;
  }

  /**
   * Finds a kernel; empty if the module has none of this name.
   *
   * @param sharedBytes how much shared memory a block of it needs
   * @throws KernelException if the device has not as much shared memory
   */
  public Optional<DeviceFunction> function(String name, int sharedBytes) {
    CUfunction function = new CUfunction();
    int[] found = new int[1];
    device.call(
        "cuModuleGetFunction",
        () -> {
          found[0] = JCudaDriver.cuModuleGetFunction(function, module, name);
          return found[0] == CUresult.CUDA_ERROR_NOT_FOUND ? CUresult.CUDA_SUCCESS : found[0];
        });
    if (found[0] == CUresult.CUDA_ERROR_NOT_FOUND) {
      return Optional.empty();
    }
    if (sharedBytes > device.sharedMemory()) {
      throw new KernelException(
          "cuFuncSetAttribute",
          0,
          "The kernel %s needs %d bytes of shared memory for a block; %s has %d: ask for on(\"cpu\")"
              .formatted(name, sharedBytes, device.name(), device.sharedMemory()));
    }
    device.call(
        "cuFuncSetAttribute",
        () -> JCudaDriver.cuFuncSetAttribute(function, MOST_SHARED_MEMORY, sharedBytes));
    return Optional.of(new DeviceFunction(device, name, function, sharedBytes));
  }
}
