package io.loupe.workbench.sweep;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a sweep is run; what it computes does not depend on it.
 *
 * @param checkpoint the file that keeps finished cells
 * @param metricName what the user calls the metric, for the checkpoint; may be empty
 * @param memory the most bytes of tensors to take; empty for no bound
 */
record SweepOptions(Optional<Path> checkpoint, String metricName, OptionalLong memory) {
  static final SweepOptions DEFAULT = new SweepOptions(Optional.empty(), "", OptionalLong.empty());
}
