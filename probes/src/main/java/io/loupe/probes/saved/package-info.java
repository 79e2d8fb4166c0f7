/** Sweeps on disk: their probes, partitions, numbers and provenance, to be evaluated again. */
@NullMarked
package io.loupe.probes.saved;

import org.jspecify.annotations.NullMarked;
