/**
 * Tribuo's trainers behind the probes' interface, and its provenance with that of the activations.
 */
@NullMarked
package io.loupe.probes.tribuo;

import org.jspecify.annotations.NullMarked;
