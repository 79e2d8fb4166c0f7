package io.loupe.kernels.attention;

import io.loupe.kernels.driver.DeviceFunction.Grid;
import java.util.Locale;

/**
 * A kernel that walks tiles: which, and how large its tiles are. The numbers are those of {@code
 * Shape} in tiles.cuh and of attend_hopper.cu.
 *
 * @param pass what it computes
 * @param format of queries, keys and values
 * @param width the head dimension that it is compiled for, which d_head is padded to
 */
record TileKernel(Pass pass, NumberFormat format, int width) {
  /** The widest head that there is a kernel for. */
  static final int MOST_D_HEAD = 256;

  private static final int WARP = 32;
  private static final int WARP_ROWS = 16;
  private static final int HOPPER_COLUMNS = 128;

  /** What a kernel computes. */
  enum Pass {
    /** z and all sums, on any device. */
    ATTEND,
    /** The same on Hopper. */
    HOPPER,
    /** The same on Hopper without padding, edits, caps and ALiBi, nor spans and the like. */
    PLAIN,
    /** As {@link #PLAIN}, with spans, duplicates and windowed distances. */
    SUMS,
    /** What keys receive. */
    RECEIVE,
    /** The most probable keys. */
    RANK
  }

  /** Returns the kernel of a pass for a head dimension of at most {@value #MOST_D_HEAD}. */
  static TileKernel of(Pass pass, NumberFormat format, int dHead) {
    boolean hopper = pass == Pass.HOPPER || pass == Pass.PLAIN || pass == Pass.SUMS;
    int width = hopper ? 64 : 32;
    while (width < dHead) {
      width *= 2;
    }
    if (width > (hopper ? 128 : MOST_D_HEAD) || (hopper && !format.onTensorCores())) {
      throw new IllegalArgumentException(
          "There is no kernel %s for a head dimension of %d in %s".formatted(pass, dHead, format));
    }
    return new TileKernel(pass, format, width);
  }

  /** Tells whether Hopper has a pass of its own for a format and a head dimension. */
  static boolean onHopper(NumberFormat format, int dHead) {
    return format.onTensorCores() && dHead <= 128;
  }

  private int warps() {
    boolean wide = width > 128;
    return format.onTensorCores() ? (wide ? 4 : 8) : (wide ? 2 : 4);
  }

  private int rows() {
    return WARP_ROWS * warps();
  }

  private int columns() {
    boolean wide = width > 128;
    return format.onTensorCores() ? (wide ? 32 : 64) : (wide ? 16 : 32);
  }

  /** Returns the shared memory that a block needs, in bytes. */
  int sharedBytes() {
    int stages = format.onTensorCores() ? 2 : 1;
    int size = format.bytes();
    return switch (pass) {
      case ATTEND ->
          (rows() + 2 * stages * columns()) * width * size
              + (format.onTensorCores() ? 0 : rows() * columns() * 4)
              + stages * factBytes(columns());
      case HOPPER, PLAIN, SUMS ->
          (128 + 4 * HOPPER_COLUMNS) * width * size + 2 * factBytes(HOPPER_COLUMNS);
      case RECEIVE -> (rows() + stages * columns()) * width * size;
      case RANK -> (rows() + stages * columns()) * width * size + rows() * columns() * 5;
    };
  }

  /** Returns the size of KeyFacts of so many keys: a multiple of 16. */
  private static int factBytes(int keys) {
    return (keys * 24 + (keys + 31) / 32 * 4 + 15) / 16 * 16;
  }

  /** Returns the grid over so many queries, or keys where a block owns keys. */
  Grid grid(int count, int heads, int batch) {
    return new Grid((count + rows() - 1) / rows(), heads, batch, WARP * warps());
  }

  /** Returns its name in the sources. */
  String function() {
    return "%s_%s_%d".formatted(pass.name().toLowerCase(Locale.ROOT), format, width);
  }
}
