package io.loupe.kernels.attention;

import io.loupe.kernels.KernelException;
import io.loupe.kernels.driver.CudaDevice;
import io.loupe.kernels.driver.DeviceFunction;
import io.loupe.kernels.driver.DeviceFunction.Grid;
import io.loupe.kernels.driver.DeviceModule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The kernels on one device; they are loaded when first needed. */
final class AttentionKernels {
  private static final int BLOCK = 256;
  private static final int LANES = 16; // of one product in pick and line

  private final CudaDevice device;
  private final boolean hopper;
  private final List<DeviceModule> modules = new ArrayList<>();
  private final Map<String, DeviceFunction> functions = new HashMap<>();

  AttentionKernels(CudaDevice device) {
    this.device = device;
    int capability = device.computeCapability();
    this.hopper = capability == 90;
    for (String name : KernelImages.names(capability)) {
      modules.add(device.load(KernelImages.read(name)));
    }
  }

  CudaDevice device() {
    return device;
  }

  /**
   * Launches attention.
   *
   * @param plain whether it is causal, and there are neither padding, edits, a cap nor slopes
   * @param further whether there are sums over spans or duplicates, or a windowed distance
   */
  void attend(Sizes sizes, boolean plain, boolean further, LaunchParams params) {
    TileKernel.Pass pass = TileKernel.Pass.ATTEND;
    if (hopper && TileKernel.onHopper(sizes.format(), sizes.d())) {
      TileKernel.Pass simple = further ? TileKernel.Pass.SUMS : TileKernel.Pass.PLAIN;
      pass = plain ? simple : TileKernel.Pass.HOPPER;
    }
    tiled(pass, sizes, sizes.queries(), params);
  }

  void receive(Sizes sizes, LaunchParams params) {
    tiled(TileKernel.Pass.RECEIVE, sizes, sizes.keys(), params);
  }

  void rank(Sizes sizes, LaunchParams params) {
    tiled(TileKernel.Pass.RANK, sizes, sizes.queries(), params);
  }

  private void tiled(TileKernel.Pass pass, Sizes sizes, int over, LaunchParams params) {
    TileKernel kernel = TileKernel.of(pass, sizes.format(), sizes.d());
    launch(
        kernel.function(),
        kernel.sharedBytes(),
        kernel.grid(over, sizes.heads(), sizes.batch()),
        params.bytes());
  }

  /** Launches the masses on one key of each query. */
  void pick(Sizes sizes, int targets, LaunchParams params) {
    Grid grid = new Grid(products(sizes.queries()), sizes.heads(), sizes.batch() * targets, BLOCK);
    launch("pick_" + sizes.format(), 0, grid, params.bytes());
  }

  /** Launches whole rows of the pattern. */
  void line(Sizes sizes, int rows, LaunchParams params) {
    Grid grid = new Grid(products(sizes.keys()), rows, 1, BLOCK);
    launch("line_" + sizes.format(), 0, grid, params.bytes());
  }

  private static int products(int count) {
    int each = BLOCK / LANES;
    return (count + each - 1) / each;
  }

  /** Launches means over queries. */
  void average(Sizes sizes, int slots, LaunchParams params) {
    Grid grid = new Grid(sizes.batch() * sizes.heads(), slots, 1, BLOCK);
    launch("average", 0, grid, params.bytes());
  }

  /** Launches the search for a number that is not finite; its index goes to where found points. */
  void finite(NumberFormat format, long address, long count, long found) {
    int blocks = (int) Math.min(1024, (count + BLOCK - 1) / BLOCK);
    launch("finite_" + format, 0, new Grid(blocks, 1, 1, BLOCK), of(address), of(count), of(found));
  }

  private static ByteBuffer of(long value) {
    return CallArrays.buffer(Long.BYTES).putLong(0, value);
  }

  private void launch(String name, int sharedBytes, Grid grid, ByteBuffer... arguments) {
    functions.computeIfAbsent(name, n -> find(n, sharedBytes)).launch(grid, arguments);
  }

  private DeviceFunction find(String name, int sharedBytes) {
    return modules.stream()
        .flatMap(module -> module.function(name, sharedBytes).stream())
        .findFirst()
        .orElseThrow(
            () ->
                new KernelException(
                    "cuModuleGetFunction",
                    0,
                    "The shipped kernels have no '%s' for %s".formatted(name, device)));
  }
}
