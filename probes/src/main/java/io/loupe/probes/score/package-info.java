/** How well probes do: accuracy, confusion, AUROC, calibration; errors of numbers; tags. */
@NullMarked
package io.loupe.probes.score;

import org.jspecify.annotations.NullMarked;
