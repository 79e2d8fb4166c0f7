/** Probes on captured activations, trained with Tribuo. */
@NullMarked
package io.loupe.probes;

import org.jspecify.annotations.NullMarked;
