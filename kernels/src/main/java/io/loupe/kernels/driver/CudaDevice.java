package io.loupe.kernels.driver;

import io.loupe.kernels.KernelException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * A GPU in its primary context, which it shares with DJL, and on the default stream, so that what
 * either of them does to a tensor is in order with the other. May be used from any thread; closing
 * gives the context back.
 */
public final class CudaDevice implements AutoCloseable {
  private static final double MEGABYTE = 1 << 20;

  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final int ordinal;

  private CudaDevice(int ordinal) {
    this.ordinal = ordinal;
    Driver.check("cuDeviceGet", JCudaDriver.cuDeviceGet(device, ordinal));
    Driver.check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
  }

  /** Returns why there is no GPU here that can be used; empty if there is one. */
  public static Optional<String> missing() {
    return Driver.missing();
  }

  /**
   * Opens a device.
   *
   * @param ordinal 0 for the first
   * @throws KernelException if there is none, saying what is missing
   */
  public static CudaDevice open(int ordinal) {
    missing()
        .ifPresent(
            why -> {
              throw new KernelException(
                  "cuInit",
                  0,
                  "No GPU can be used: %s. Install NVIDIA's driver (`nvidia-smi` then lists the device), or ask for on(\"cpu\"), which does the same without a GPU"
                      .formatted(why));
            });
    return new CudaDevice(ordinal);
  }

  /** What is done while the device's context is the calling thread's. */
  interface Action {
    int run();
  }

  /** Calls the driver with the device's context, and throws if the call does not succeed. */
  void call(String name, Action action) {
    int code = code(action);
    Driver.check(name, code);
  }

  private int code(Action action) {
    Driver.check("cuCtxPushCurrent", JCudaDriver.cuCtxPushCurrent(context));
    try {
      return action.run();
    } finally {
      JCudaDriver.cuCtxPopCurrent(new CUcontext());
    }
  }

  /** Returns the name as the driver has it. */
  public String name() {
    byte[] name = new byte[256];
    Driver.check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(name, name.length, device));
    return new String(name, StandardCharsets.UTF_8).split("\0", 2)[0];
  }

  public int ordinal() {
    return ordinal;
  }

  /** Returns the compute capability: 80 for 8.0, 90 for 9.0. */
  public int computeCapability() {
    return 10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
        + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  }

  /** Returns how much shared memory a block can have, in bytes. */
  public int sharedMemory() {
    return attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  }

  private int attribute(int which) {
    int[] value = new int[1];
    Driver.check("cuDeviceGetAttribute", JCudaDriver.cuDeviceGetAttribute(value, which, device));
    return value[0];
  }

  /** Returns how much memory is free, in bytes. */
  public long freeMemory() {
    long[] free = new long[1];
    call("cuMemGetInfo", () -> JCudaDriver.cuMemGetInfo(free, new long[1]));
    return free[0];
  }

  /**
   * Reserves memory, whose content is arbitrary.
   *
   * @throws KernelException if there is not enough, saying how much was asked for and how much is
   *     free
   */
  public DeviceMemory allocate(long bytes) {
    DeviceMemory memory = new DeviceMemory(this, bytes);
    int code = code(() -> JCudaDriver.cuMemAlloc(memory.pointer(), Math.max(1, bytes)));
    if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw new KernelException(
          "cuMemAlloc",
          code,
          "The GPU's memory is full: %.1f MB were asked for, %.1f MB are free on %s"
              .formatted(bytes / MEGABYTE, freeMemory() / MEGABYTE, name()));
    }
    Driver.check("cuMemAlloc", code);
    return memory;
  }

  /** Reserves memory and copies a buffer's remaining bytes there. */
  public DeviceMemory upload(ByteBuffer bytes) {
    DeviceMemory memory = allocate(bytes.remaining());
    memory.write(0, bytes);
    return memory;
  }

  /**
   * Loads compiled kernels.
   *
   * @param image a cubin, or PTX as text that ends in a 0 byte, which the driver then compiles
   */
  public DeviceModule load(byte[] image) {
    CUmodule module = new CUmodule();
    call("cuModuleLoadData", () -> JCudaDriver.cuModuleLoadData(module, image));
    return new DeviceModule(this, module);
  }

  /** Waits until everything that was launched is done; throws what went wrong in it. */
  public void synchronize() {
    call("cuCtxSynchronize", JCudaDriver::cuCtxSynchronize);
  }

  @Override
  public void close() {
    Driver.check("cuDevicePrimaryCtxRelease", JCudaDriver.cuDevicePrimaryCtxRelease(device));
  }

  @Override
  public String toString() {
    return "CudaDevice[%d: %s, compute capability %.1f]"
        .formatted(ordinal, name(), computeCapability() / 10.0);
  }
}
