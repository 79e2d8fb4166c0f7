package io.loupe.workbench.sweep;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What all sweeps have in common: many cells, each a changed copy of one run. A sweep says how far
 * it is (cells, rate, time left) where it takes more than a second, stops at the next layer when
 * its thread is interrupted, can keep what it has done in a file, and can be held to an amount of
 * memory. Immutable: each setting returns another sweep.
 *
 * @param <S> the sweep itself
 */
public abstract class CellSweep<S extends CellSweep<S>> {
  private final SweepOptions options;

  CellSweep(SweepOptions options) {
    this.options = options;
  }

  /** Returns the same sweep, run in another way. */
  abstract S with(SweepOptions options);

  final SweepOptions options() {
    return options;
  }

  /**
   * Keeps finished cells in a file, so that a sweep that was interrupted goes on where it stopped
   * and gives the same result, bit for bit, as one that was not. Each pass is appended and forced
   * to the disk; what was written last when the power went is told by its checksum and computed
   * again. The file names the sweep it belongs to: model, weights, tokens, site, axes, and the
   * metric of the unpatched runs for each example. A sweep that differs in one of these is refused.
   *
   * <p>A metric that is a lambda has no name, and two that agree on the unpatched runs cannot be
   * told apart: give metrics names, {@link #checkpoint(Path, String)}, if one file may meet
   * several. A sweep that is resumed with another memory budget stacks other copies, and its
   * numbers may differ by rounding.
   *
   * @param file is made if it is not there
   */
  public final S checkpoint(Path file) {
    return checkpoint(file, "");
  }

  /**
   * Keeps finished cells in a file, with the metric's name; see {@link #checkpoint(Path)}.
   *
   * @param metric what to call the metric: a file of a metric with another name is refused
   */
  public final S checkpoint(Path file, String metric) {
    return with(new SweepOptions(Optional.of(file), metric, options.memory()));
  }

  /**
   * Bounds the memory of tensors that the sweep takes, beyond the model's weights: fewer copies go
   * into a pass, and if need be the base run is kept, and made, for a few layers at a time. The
   * bound is on an estimate that counts what is kept exactly and intermediates from above; the
   * engine's own buffers come on top.
   *
   * @param bytes the most; a sweep that cannot do with so little is refused, before it is run, with
   *     the least that it can do with
   * @throws IllegalArgumentException if it is not positive
   */
  public final S memory(long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException(
          "A memory budget is a positive number of bytes, e.g. 2L << 30 for 2 GiB; got " + bytes);
    }
    return with(
        new SweepOptions(options.checkpoint(), options.metricName(), OptionalLong.of(bytes)));
  }
}
