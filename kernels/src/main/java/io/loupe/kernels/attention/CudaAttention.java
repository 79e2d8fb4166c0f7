package io.loupe.kernels.attention;

import ai.djl.ndarray.NDArray;
import io.loupe.kernels.driver.CudaDevice;
import io.loupe.workbench.capture.AttentionBackend;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.LayerAttention;
import io.loupe.workbench.nn.ModelConfig;
import java.util.HashMap;
import java.util.Map;

/**
 * The back end {@code cuda}: attention and its statistics in one fused kernel, in the number format
 * of the queries (float32, float16, bfloat16; sums in float32). Tensors on a GPU are read and
 * written where they lie; those on the CPU are copied to the first GPU and back. Head dimensions up
 * to 256.
 *
 * <p>Calls for one device wait for each other. A call that is refused, and one that finds too
 * little memory, leaves the device as it was.
 */
public final class CudaAttention implements AttentionBackend {
  private static final Map<Integer, AttentionKernels> DEVICES = new HashMap<>();

  @Override
  public String name() {
    return "cuda";
  }

  /**
   * {@inheritDoc}
   *
   * @throws io.loupe.kernels.KernelException if there is no GPU that can be used, saying what is
   *     missing
   */
  @Override
  public void check(AttentionRequest request, ModelConfig config) {
    checkHead(config.dHead());
    EditArrays.check(request.edits());
    kernels(0);
  }

  /**
   * {@inheritDoc}
   *
   * @throws io.loupe.kernels.KernelException if there is no GPU, its memory does not suffice, or a
   *     call of its driver fails
   */
  @Override
  public LayerAttention attend(AttentionCall call) {
    checkHead(call.dHead());
    checkOpen("queries", call.q());
    checkOpen("keys", call.k());
    checkOpen("values", call.v());
    NumberFormat.of(call.q().getDataType());
    if (call.q().getDataType() != call.k().getDataType()
        || call.q().getDataType() != call.v().getDataType()) {
      throw new IllegalArgumentException(
          "Expected queries, keys and values in one number format; got %s, %s and %s"
              .formatted(call.q().getDataType(), call.k().getDataType(), call.v().getDataType()));
    }
    EditArrays.check(call.request().edits());
    boolean onGpu = call.q().getDevice().isGpu();
    AttentionKernels kernels = kernels(onGpu ? call.q().getDevice().getDeviceId() : 0);
    synchronized (kernels) {
      return new CudaCall(kernels, call).run();
    }
  }

  private static void checkHead(int dHead) {
    if (dHead > TileKernel.MOST_D_HEAD) {
      throw new IllegalArgumentException(
          "The back end cuda computes head dimensions up to %d; got %d: ask for on(\"cpu\")"
              .formatted(TileKernel.MOST_D_HEAD, dHead));
    }
  }

  private static void checkOpen(String what, NDArray tensor) {
    if (tensor.isReleased()) {
      throw new IllegalArgumentException(
          "The %s were closed before attention was computed".formatted(what));
    }
  }

  private static AttentionKernels kernels(int ordinal) {
    synchronized (DEVICES) {
      AttentionKernels found = DEVICES.get(ordinal);
      if (found == null) {
        found = new AttentionKernels(CudaDevice.open(ordinal));
        DEVICES.put(ordinal, found);
      }
      return found;
    }
  }
}
