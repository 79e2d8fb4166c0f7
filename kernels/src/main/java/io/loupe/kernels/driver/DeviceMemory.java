package io.loupe.kernels.driver;

import java.nio.ByteBuffer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/** Memory on a GPU; closing frees it. */
public final class DeviceMemory implements AutoCloseable {
  private final CudaDevice device;
  private final long bytes;
  private final Address pointer = new Address();
  private boolean open = true;

  DeviceMemory(CudaDevice device, long bytes) {
    this.device = device;
    this.bytes = bytes;
  }

  /** A pointer that tells its number. */
  private static final class Address extends CUdeviceptr {
    long value() {
      return getNativePointer();
    }
  }

  CUdeviceptr pointer() {
    return pointer;
  }

  /** Returns where it begins on the device. */
  public long address() {
    if (!open) {
      throw new IllegalStateException("This memory of the GPU was freed");
    }
    return pointer.value();
  }

  /** Returns its size. */
  public long bytes() {
    return bytes;
  }

  /** Copies a buffer's remaining bytes to an offset, in bytes; waits until they are there. */
  public void write(long offset, ByteBuffer from) {
    check(offset, from.remaining());
    device.call(
        "cuMemcpyHtoD",
        () ->
            JCudaDriver.cuMemcpyHtoD(
                pointer.withByteOffset(offset), Pointer.toBuffer(from), from.remaining()));
  }

  /** Fills a buffer's remaining bytes from an offset, after all that was launched before. */
  public void read(long offset, ByteBuffer into) {
    check(offset, into.remaining());
    device.call(
        "cuMemcpyDtoH",
        () ->
            JCudaDriver.cuMemcpyDtoH(
                Pointer.toBuffer(into), pointer.withByteOffset(offset), into.remaining()));
  }

  private void check(long offset, long count) {
    if (!open) {
      throw new IllegalStateException("This memory of the GPU was freed");
    }
    if (offset < 0 || offset + count > bytes) {
      throw new IllegalArgumentException(
          "Expected a part of %d bytes; got %d bytes from %d on".formatted(bytes, count, offset));
    }
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      device.call("cuMemFree", () -> JCudaDriver.cuMemFree(pointer));
    }
  }
}
