package io.loupe.kernels.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.loupe.kernels.KernelException;
import io.loupe.kernels.driver.CudaDevice;
import io.loupe.kernels.driver.DeviceMemory;
import io.loupe.workbench.capture.AttentionCall;
import io.loupe.workbench.capture.AttentionRequest;
import io.loupe.workbench.capture.AttentionRule;
import io.loupe.workbench.capture.CpuAttention;
import io.loupe.workbench.capture.LayerAttention;
import io.loupe.workbench.capture.Statistic;
import io.loupe.workbench.model.AttentionRun;
import io.loupe.workbench.model.HookedTransformer;
import io.loupe.workbench.model.LoadOptions;
import io.loupe.workbench.nn.MaskSpec;
import io.loupe.workbench.site.Head;
import io.loupe.workbench.tensor.Engines;
import io.loupe.workbench.tensor.Tensors;
import io.loupe.workbench.testing.TinyModels;
import io.loupe.workbench.text.Tokens;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tensors on the GPU in place, 16-bit formats, and trouble after which the GPU still works. */
@Tag("gpu")
class CudaTensorsTest {
  private static final int HEADS = 4;
  private static final int LENGTH = 301;
  private static final AttentionRequest REQUEST =
      AttentionRequest.of(Statistic.ENTROPY, Statistic.LOG_SUM_EXP, Statistic.PREVIOUS)
          .withReceived();

  @BeforeAll
  static void needsAGpu() {
    Gpu.required();
  }

  private static float[] gaussian(long seed, int size) {
    Random random = new Random(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static NDArray tensor(NDManager manager, long seed, int heads, int length, int d) {
    return manager.create(gaussian(seed, length * heads * d), new Shape(1, length, heads, d));
  }

  private static AttentionCall call(NDArray q, NDArray k, NDArray v, AttentionRequest request) {
    int length = (int) k.getShape().get(1);
    AttentionRule rule =
        new AttentionRule(MaskSpec.CAUSAL, 0.25, OptionalDouble.empty(), List.of());
    long[] ids = new Random(0).longs(length, 0, 50).toArray();
    return new AttentionCall(0, q, k, v, rule, Tokens.of(ids), request);
  }

  private static AttentionCall call(NDManager manager, DataType type) {
    return call(
        tensor(manager, 1, HEADS, LENGTH, 16).toType(type, false),
        tensor(manager, 2, 2, LENGTH, 16).toType(type, false),
        tensor(manager, 3, 2, LENGTH, 16).toType(type, false),
        REQUEST);
  }

  private static void requireDjlOnGpu() {
    boolean there = Engine.getInstance().getGpuCount() > 0;
    if (!there) {
      System.out.println("SKIPPED, DJL's engine has no GPU");
    }
    assumeTrue(there, "DJL's engine has no GPU");
  }

  @Test
  void tensorsOnTheGpuAreReadAndWrittenInPlace() {
    requireDjlOnGpu();
    try (NDManager here = Engines.newManager(Device.cpu());
        NDManager there = Engines.newManager(Device.gpu(0))) {
      for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT16)) {
        LayerAttention copied = new CudaAttention().attend(call(here, type));
        LayerAttention inPlace = new CudaAttention().attend(call(there, type));
        assertThat(inPlace.z().getDevice()).isEqualTo(Device.gpu(0));
        assertThat(copied.z().getDevice()).isEqualTo(Device.cpu());
        assertThat(Tensors.doubles(inPlace.z())).isEqualTo(Tensors.doubles(copied.z()));
        assertThat(inPlace.statistics().values(Statistic.ENTROPY, 3, 0))
            .isEqualTo(copied.statistics().values(Statistic.ENTROPY, 3, 0));
      }
    }
  }

  @Test
  void viewsAreReadInTheirOwnOrder() {
    requireDjlOnGpu();
    try (NDManager there = Engines.newManager(Device.gpu(0))) {
      NDArray turned = tensor(there, 1, LENGTH, HEADS, 16).transpose(0, 2, 1, 3);
      NDArray k = tensor(there, 2, 2, LENGTH, 16);
      NDArray v = tensor(there, 3, 2, LENGTH, 16);
      LayerAttention view = new CudaAttention().attend(call(turned, k, v, REQUEST));
      NDArray flat = there.create(turned.toFloatArray(), turned.getShape());
      LayerAttention own = new CudaAttention().attend(call(flat, k, v, REQUEST));
      assertThat(Tensors.doubles(view.z())).isEqualTo(Tensors.doubles(own.z()));
    }
  }

  /** Half precision has 11 bits: sums are in float32, so z is off by its own rounding and p's. */
  @Test
  void halfPrecision() {
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      AttentionCall half = call(manager, DataType.FLOAT16);
      LayerAttention actual = new CudaAttention().attend(half);
      assertThat(actual.z().getDataType()).isEqualTo(DataType.FLOAT16);
      AttentionCall rounded =
          call(
              half.q().toType(DataType.FLOAT32, true),
              half.k().toType(DataType.FLOAT32, true),
              half.v().toType(DataType.FLOAT32, true),
              REQUEST);
      LayerAttention expected = CpuAttention.FLOAT64.attend(rounded);
      double[] z = Tensors.doubles(actual.z().toType(DataType.FLOAT32, true));
      double[] wideZ = Tensors.doubles(expected.z());
      for (int i = 0; i < z.length; i++) {
        assertThat(z[i]).isCloseTo(wideZ[i], within(3e-3));
      }
      for (int head = 0; head < HEADS; head++) {
        double[] entropy = actual.statistics().values(Statistic.ENTROPY, head, 0);
        double[] exact = expected.statistics().values(Statistic.ENTROPY, head, 0);
        for (int i = 0; i < exact.length; i++) {
          assertThat(entropy[i]).isCloseTo(exact[i], within(2e-5));
        }
      }
    }
  }

  @Test
  void aModelOnEitherDeviceGetsWhatTheCpuComputes() {
    Tokens tokens = Tokens.of(new Random(1).longs(30, 0, 50).toArray());
    HookedTransformer onCpu = TinyModels.gpt2(LoadOptions.DEFAULT);
    compare(onCpu.attention(tokens, REQUEST), onCpu.attention(tokens, REQUEST.on("cuda")), onCpu);
    requireDjlOnGpu();
    HookedTransformer onGpu = TinyModels.gpt2(new LoadOptions(DataType.FLOAT32, Device.gpu(0)));
    compare(onCpu.attention(tokens, REQUEST), onGpu.attention(tokens, REQUEST.on("cuda")), onCpu);
  }

  private static void compare(AttentionRun expected, AttentionRun actual, HookedTransformer of) {
    for (int layer = 0; layer < of.config().layers(); layer++) {
      Head head = Head.head(layer, 1);
      double[] e = expected.statistics().values(Statistic.ENTROPY, head, 0);
      double[] a = actual.statistics().values(Statistic.ENTROPY, head, 0);
      for (int i = 0; i < e.length; i++) {
        assertThat(a[i]).as("layer %d, query %d", layer, i).isCloseTo(e[i], within(1e-4));
      }
    }
  }

  @Test
  void troubleIsNamedAndTheGpuStaysUsable() {
    CudaAttention backend = new CudaAttention();
    try (NDManager manager = Engines.newManager(Device.cpu())) {
      double[] before = Tensors.doubles(backend.attend(call(manager, DataType.FLOAT32)).z());

      AttentionCall closed = call(manager, DataType.FLOAT32);
      closed.k().close();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> backend.attend(closed))
          .withMessageContaining("keys were closed");

      AttentionCall wide =
          call(
              tensor(manager, 1, 1, 3, 257),
              tensor(manager, 2, 1, 3, 257),
              tensor(manager, 3, 1, 3, 257),
              REQUEST);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> backend.attend(wide))
          .withMessageContaining("head dimensions up to 256; got 257");

      assertThatIllegalArgumentException()
          .isThrownBy(() -> backend.attend(call(manager, DataType.FLOAT64)))
          .withMessageContaining("cpu-float64");

      full(backend, manager);
      assertThat(Tensors.doubles(backend.attend(call(manager, DataType.FLOAT32)).z()))
          .isEqualTo(before);
    }
  }

  private static void full(CudaAttention backend, NDManager manager) {
    try (CudaDevice device = CudaDevice.open(0);
        DeviceMemory most = device.allocate(device.freeMemory() - (64L << 20))) {
      assertThat(most.address()).isNotZero();
      AttentionCall large =
          call(
              tensor(manager, 1, 64, 8192, 16),
              tensor(manager, 2, 1, 8192, 16),
              tensor(manager, 3, 1, 8192, 16),
              REQUEST.topKeys(16));
      assertThatExceptionOfType(KernelException.class)
          .isThrownBy(() -> backend.attend(large))
          .withMessageContaining("memory does not suffice: layer 0 needs")
          .withMessageContaining("MB are free")
          .withMessageContaining("fewer topKeys");
      assertThatExceptionOfType(KernelException.class)
          .isThrownBy(() -> device.allocate(1L << 30))
          .withMessageContaining("1024.0 MB were asked for")
          .satisfies(e -> assertThat(e.code()).isEqualTo(2));
    }
  }
}
