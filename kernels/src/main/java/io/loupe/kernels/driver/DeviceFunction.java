package io.loupe.kernels.driver;

import java.nio.ByteBuffer;
import java.util.Arrays;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** A kernel, ready to be launched. */
public final class DeviceFunction {
  private final CudaDevice device;
  private final String name;
  private final CUfunction function;
  private final int sharedBytes;

  DeviceFunction(CudaDevice device, String name, CUfunction function, int sharedBytes) {
    this.device = device;
    this.name = name;
    this.function = function;
    this.sharedBytes = sharedBytes;
  }

  public String name() {
    return name;
  }

  /**
   * How many blocks of how many threads are launched.
   *
   * @param x blocks, in the direction that runs fastest
   * @param y at most 65,535
   * @param z at most 65,535
   * @param threads of a block
   */
  public record Grid(int x, int y, int z, int threads) {
    private static final int MOST = 65_535;

    public Grid {
      if (x < 1 || y < 1 || z < 1 || y > MOST || z > MOST || threads < 1 || threads > 1024) {
        throw new IllegalArgumentException(
            "Expected a grid of at least one block, at most %d in y and z, of 1 to 1,024 threads; got %d x %d x %d of %d"
                .formatted(MOST, x, y, z, threads));
      }
    }
  }

  /**
   * Launches it and does not wait: what goes wrong in the kernel comes up in a later call.
   *
   * @param arguments in native byte order, each direct and as long as the kernel's parameter
   */
  public void launch(Grid grid, ByteBuffer... arguments) {
    Pointer pointers =
        Pointer.to(
            Arrays.stream(arguments).map(Pointer::toBuffer).toArray(NativePointerObject[]::new));
    device.call(
        "cuLaunchKernel " + name,
        () ->
            JCudaDriver.cuLaunchKernel(
                function,
                grid.x(),
                grid.y(),
                grid.z(),
                grid.threads(),
                1,
                1,
                sharedBytes,
                (CUstream) null,
                pointers,
                null));
  }
}
