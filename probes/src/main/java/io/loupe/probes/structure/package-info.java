/** Structural probes: whether trees can be read from the geometry of activations. */
@NullMarked
package io.loupe.probes.structure;

import org.jspecify.annotations.NullMarked;
