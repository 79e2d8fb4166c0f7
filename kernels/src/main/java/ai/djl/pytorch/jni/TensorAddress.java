package ai.djl.pytorch.jni;

import ai.djl.pytorch.engine.PtNDArray;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * Where a tensor of DJL lies, on whatever device: kernels work on it in place. DJL has the calls
 * and keeps them in its package.
 */
public final class TensorAddress {
  private TensorAddress() {}

  /** Tells whether a tensor's numbers lie one behind the other, in the order of its shape. */
  public static boolean isContiguous(PtNDArray tensor) {
    return PyTorchLibrary.LIB.torchIsContiguous(tensor.getHandle());
  }

  /** Returns a tensor of the same numbers that is contiguous, in the manager of the given one. */
  public static PtNDArray contiguous(PtNDArray tensor) {
    return new PtNDArray(
        tensor.getManager(), PyTorchLibrary.LIB.torchToContiguous(tensor.getHandle()));
  }

  /** Returns the address of a contiguous tensor's first number; it holds while the tensor lives. */
  public static long of(PtNDArray tensor) {
    if (!isContiguous(tensor)) {
      throw new IllegalArgumentException(
          "Expected a contiguous tensor; got a view of shape " + tensor.getShape());
    }
    return Pointer.nativeValue(
        Native.getDirectBufferPointer(
            PyTorchLibrary.LIB.torchDirectByteBuffer(tensor.getHandle())));
  }
}
