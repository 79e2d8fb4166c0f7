/** A probe for each place of a model, with its controls and baselines. */
@NullMarked
package io.loupe.probes.sweep;

import org.jspecify.annotations.NullMarked;
