/** A model as a graph of parts, and circuits: sets of its edges. */
@NullMarked
package io.loupe.circuits.graph;

import org.jspecify.annotations.NullMarked;
